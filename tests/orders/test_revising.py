"""What a source says of its order later, after something was decided here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from apps.core.models import Event
from apps.orders.models import Order, OrderContact
from apps.orders.services import Revised, cancel_order, correct_address, revise_order
from tests.factories import AGENT, canonical, make_order

pytestmark = pytest.mark.django_db

WRITTEN = {
    "name": "Pat Canary",
    "line1": "1 Canary Row",
    "city": "Leeds",
    "postal_code": "LS1 1AA",
    "country": "GB",
}


def ordered(**changes: Any) -> Order:
    return make_order(**(said(0) | changes))


def said(hour: int, **changes: Any) -> dict[str, Any]:
    """The order as its source has it at that hour of a day."""
    moment = datetime(2026, 11, 2, hour, tzinfo=UTC).isoformat()
    known = {"external_id": "R-1", "placed_at": datetime(2026, 11, 2, tzinfo=UTC).isoformat(), "updated_at": moment}
    return known | {"shipping_address": WRITTEN} | changes


def hear(order: Order, hour: int, **changes: Any) -> Revised:
    return revise_order(order.pk, canonical(**said(hour, **changes)), actor=AGENT)


def ship_to(order: Order) -> OrderContact:
    return OrderContact.objects.get(order=order, role="ship_to")


def told(order: Order) -> list[str]:
    return list(Event.objects.filter(stream=order.public_id).order_by("pk").values_list("name", flat=True))


def test_a_corrected_address_outlives_any_number_of_messages_that_repeat_the_mistake():
    order = ordered()
    correct_address(order.pk, address={"line1": "2 Canary Row"}, actor=AGENT)

    for hour in (1, 2, 3):
        assert hear(order, hour, tags=[f"seen-{hour}"]).changed

    assert ship_to(order).line1 == "2 Canary Row"
    assert ship_to(order).corrected_from == {"line1": "1 Canary Row"}


def test_an_address_that_the_source_changes_itself_replaces_the_correction_for_good():
    order = ordered()
    correct_address(order.pk, address={"line1": "2 Canary Row"}, actor=AGENT)

    hear(order, 1, shipping_address={**WRITTEN, "line1": "9 Canary Row"})
    hear(order, 2, shipping_address=WRITTEN)

    assert ship_to(order).line1 == "1 Canary Row"
    assert ship_to(order).corrected_from == {}


def test_a_cancelled_order_whose_source_goes_on_changing_its_goods_asks_nobody():
    order = ordered(lines={"A": 1})
    cancel_order(order.pk, reason="changed my mind", actor=AGENT)
    before = told(order)

    revised = hear(order, 1, lines={"A": 3})

    assert not revised.late
    assert "order.change_came_late" not in told(order)[len(before) :]
    assert order.lines.get().quantity == 1


def test_a_version_older_than_what_is_known_changes_nothing():
    order = ordered()
    hear(order, 5, lines={"A": 2})
    before = told(order)

    assert hear(order, 4, lines={"A": 7}) == Revised(Order.objects.get(pk=order.pk))

    assert order.lines.get().quantity == 2
    assert told(order) == before


def test_of_two_versions_of_one_moment_the_later_one_counts_unless_it_takes_the_payment_back():
    order = ordered(payment={"state": "authorized"})
    hear(order, 1, payment={"state": "paid"})

    assert hear(order, 1, payment={"state": "paid"}, tags=["gift"]).changed
    assert not hear(order, 1, payment={"state": "authorized"}, tags=["none"]).changed

    order.refresh_from_db()
    assert (order.payment_state, order.tags) == ("paid", ["gift"])
