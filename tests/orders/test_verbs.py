"""What is done to an order, verb by verb: what changes, what is told, and what is refused and leaves all as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from apps.core.errors import StaleVersion
from apps.core.models import Event
from apps.orders.errors import (
    AddressNotDeliverable,
    LinesNotCancellable,
    NoSuchHold,
    OrderEnded,
    OrderNotCancellable,
    OrderNotFound,
    OrderNotRevisable,
)
from apps.orders.models import Hold, Order, OrderContact, OrderLine
from apps.orders.services import (
    accept_price,
    amend_order,
    cancel_lines,
    cancel_order,
    cancel_rest,
    charge_lines,
    choose_pickup_store,
    correct_address,
    place_hold,
    recheck_orders,
    release_hold,
)
from tests.factories import AGENT, make_order
from tests.unchanged import nothing_changes, refused

pytestmark = pytest.mark.django_db
NOBODY = 999_999


def in_state(state: str, **changes: Any) -> Order:
    order = make_order(**changes)
    Order.objects.filter(pk=order.pk).update(state=state)
    return Order.objects.get(pk=order.pk)


def lines_of(order: Order) -> dict[str, OrderLine]:
    return {line.sku_code: line for line in OrderLine.objects.filter(order=order)}


def told(order: Order) -> list[str]:
    """What was told of it since it came in."""
    names = Event.objects.filter(stream=order.public_id).order_by("pk").values_list("name", flat=True)
    return [name.removeprefix("order.") for name in names][1:]


def said(order: Order, name: str) -> dict[str, Any]:
    return dict(Event.objects.get(stream=order.public_id, name=f"order.{name}").data)


VERBS: dict[str, Callable[[int], object]] = {
    "amend": lambda pk: amend_order(pk, changes={"tags": ["x"]}, actor=AGENT),
    "cancel": lambda pk: cancel_order(pk, reason="", actor=AGENT),
    "cancel the rest": lambda pk: cancel_rest(pk, left={}, reason="", actor=AGENT),
    "cancel lines": lambda pk: cancel_lines(pk, units={1: 1}, reason="", actor=AGENT),
    "charge its lines": lambda pk: charge_lines(pk, actor=AGENT),
    "accept its price": lambda pk: accept_price(pk, actor=AGENT),
    "choose a store": lambda pk: choose_pickup_store(pk, node="n", actor=AGENT),
    "correct its address": lambda pk: correct_address(pk, address={"city": "x"}, actor=AGENT),
    "hold": lambda pk: place_hold(pk, reason="manual", actor=AGENT),
    "let go": lambda pk: release_hold(pk, reason="manual", actor=AGENT),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_nothing_is_done_to_an_order_there_is_not(verb: Callable[[int], object]):
    with refused(OrderNotFound):
        verb(NOBODY)


# Amending


def test_what_is_amended_is_told_by_name_and_what_the_source_said_stays_known():
    order = make_order(tags=["gift"])

    amend_order(order.pk, changes={"tags": ["gift", "vip"], "ship_by": None}, expected_version=1, actor=AGENT)

    order.refresh_from_db()
    assert (order.tags, order.source_said["tags"], order.version) == (["gift", "vip"], ["gift"], 2)
    assert (told(order), said(order, "amended")["changed"]) == (["amended"], ["tags"])

    amend_order(order.pk, changes={"tags": []}, actor=AGENT)
    order.refresh_from_db()
    assert order.source_said["tags"] == ["gift"], "the first word of the source, not ours"


def test_amending_to_what_it_is_changes_nothing_and_an_old_version_is_refused():
    order = make_order(tags=["gift"])
    with nothing_changes():
        amend_order(order.pk, changes={"tags": ["gift"]}, actor=AGENT)

    with refused(StaleVersion):
        amend_order(order.pk, changes={"tags": []}, expected_version=7, actor=AGENT)


# Cancelling


@pytest.mark.parametrize("state", ["received", "validated", "routed", "released"])
def test_an_order_of_which_nothing_has_left_is_cancelled_once_with_its_holds(state: str):
    order = in_state(state)
    place_hold(order.pk, reason="manual", actor=AGENT)

    cancel_order(order.pk, reason="r" * 300, actor=AGENT)
    with nothing_changes():
        cancel_order(order.pk, reason="again", actor=AGENT)

    order.refresh_from_db()
    assert (order.state, order.cancel_reason) == ("cancelled", "r" * 255)
    assert told(order) == ["held", "hold_released", "cancelled"]
    assert said(order, "cancelled")["reason_given"] is True
    assert Hold.objects.get().release_note == "the order was cancelled"


@pytest.mark.parametrize("state", ["shipped", "delivered"])
def test_an_order_that_has_left_is_not_cancelled(state: str):
    order = in_state(state)

    with refused(OrderNotCancellable):
        cancel_order(order.pk, reason="", actor=AGENT)
    with refused(OrderNotCancellable):
        cancel_rest(order.pk, left={}, reason="", actor=AGENT)


def test_of_an_order_half_of_which_has_left_the_rest_is_cancelled_once():
    order = in_state("released", lines={"A": 3, "B": 2})
    a = lines_of(order)["A"]

    cancel_rest(order.pk, left={a.pk: 1}, reason="enough", actor=AGENT)
    with nothing_changes():
        cancel_rest(order.pk, left={}, reason="again", actor=AGENT)

    lines = lines_of(order)
    assert (lines["A"].cancelled_quantity, lines["B"].cancelled_quantity) == (2, 2)
    order.refresh_from_db()
    assert (order.state, order.cancel_reason) == ("released", "enough")
    data = said(order, "rest_cancelled")
    assert (data["lines"], data["left"], data["left_minor"]) == ({"1": 2, "2": 2}, 1, 1000)
    assert told(order) == ["rest_cancelled"]


def test_where_all_has_left_there_is_no_rest_to_cancel():
    order = in_state("released", lines={"A": 3})

    with refused(OrderNotCancellable) as refusal:
        cancel_rest(order.pk, left={lines_of(order)["A"].pk: 3}, reason="", actor=AGENT)
    assert "is shipped" in str(refusal.value)


def test_of_an_order_that_waits_to_be_routed_the_rest_is_looked_at_anew():
    order = in_state("validated", lines={"A": 3})

    cancel_rest(order.pk, left={lines_of(order)["A"].pk: 1}, reason="", actor=AGENT)

    assert told(order) == ["rest_cancelled", "routing_resumed"]


# Cancelling lines


@pytest.mark.parametrize(
    ("state", "follows"),
    [("received", ["recheck_asked"]), ("validated", ["routing_resumed"]), ("routed", []), ("released", [])],
)
def test_units_are_taken_off_and_what_is_left_goes_on_from_where_it_stands(state: str, follows: list[str]):
    order = in_state(state, lines={"A": 3, "B": 1})
    before = order.version

    cancel_lines(order.pk, units={lines_of(order)["A"].pk: 2}, reason="", actor=AGENT)

    order.refresh_from_db()
    assert (lines_of(order)["A"].cancelled_quantity, lines_of(order)["B"].cancelled_quantity) == (2, 0)
    assert order.version > before, "who read it before has to look again"
    assert told(order) == ["lines_cancelled", *follows]
    data = said(order, "lines_cancelled")
    assert (data["lines"], data["reason_given"]) == ({"1": 2}, False)


@pytest.mark.parametrize("units", [0, -1, 4])
def test_no_more_units_are_taken_off_than_are_open(units: int):
    order = make_order(lines={"A": 3, "B": 1})
    a, b = lines_of(order)["A"], lines_of(order)["B"]

    with refused(LinesNotCancellable):
        cancel_lines(order.pk, units={b.pk: 1, a.pk: units}, reason="", actor=AGENT)
    cancel_lines(order.pk, units={a.pk: 2}, reason="", actor=AGENT)
    with refused(LinesNotCancellable) as refusal:
        cancel_lines(order.pk, units={a.pk: 2}, reason="", actor=AGENT)
    assert str(refusal.value) == "Of A, 1 can still be cancelled here."


def test_a_line_of_another_order_is_none_of_it_and_an_order_of_nothing_is_to_be_cancelled():
    order, other = make_order(lines={"A": 1}), make_order(lines={"B": 1})

    with refused(LinesNotCancellable):
        cancel_lines(order.pk, units={lines_of(other)["B"].pk: 1}, reason="", actor=AGENT)
    with refused(LinesNotCancellable):
        cancel_lines(order.pk, units={lines_of(order)["A"].pk: 1}, reason="", actor=AGENT)


@pytest.mark.parametrize("state", ["shipped", "delivered", "cancelled"])
def test_nothing_is_taken_off_an_order_that_has_left_or_ended(state: str):
    order = in_state(state, lines={"A": 3})

    with refused(OrderNotRevisable):
        cancel_lines(order.pk, units={lines_of(order)["A"].pk: 1}, reason="", actor=AGENT)


# Holds


def test_a_second_hold_for_one_reason_is_the_first_one_and_another_reason_another():
    order = make_order()
    first = place_hold(order.pk, reason="manual", note="n" * 300, actor=AGENT)

    with nothing_changes():
        assert place_hold(order.pk, reason="manual", note="other", actor=AGENT) == first
    place_hold(order.pk, reason="fraud_review", actor=AGENT)

    assert (first.note, first.placed_by) == ("n" * 255, str(AGENT))
    assert told(order) == ["held", "held"]


@pytest.mark.parametrize("state", ["shipped", "delivered", "cancelled"])
def test_an_order_that_has_left_or_ended_is_not_held(state: str):
    order = in_state(state)

    with refused(OrderEnded):
        place_hold(order.pk, reason="manual", actor=AGENT)


def test_an_order_goes_on_once_its_last_hold_is_gone_and_not_before():
    order = make_order()
    for reason in ("manual", "fraud_review"):
        place_hold(order.pk, reason=reason, actor=AGENT)

    release_hold(order.pk, reason="manual", note="fine", actor=AGENT)
    assert told(order)[2:] == ["hold_released"]
    release_hold(order.pk, reason="fraud_review", actor=AGENT)
    assert told(order)[3:] == ["hold_released", "resumed"]

    hold = Hold.objects.get(reason="manual")
    assert (hold.release_note, hold.released_by) == ("fine", str(AGENT))
    with refused(NoSuchHold):
        release_hold(order.pk, reason="manual", actor=AGENT)


# Prices, stores, addresses


def claimed(**totals: Any) -> Order:
    return make_order(lines={"A": 1}, totals={"total": 1200, **totals})


def test_the_lines_are_charged_and_what_the_source_claimed_stays_known():
    order = claimed()

    charge_lines(order.pk, actor=AGENT)
    with nothing_changes():
        charge_lines(order.pk, actor=AGENT)

    order.refresh_from_db()
    assert (order.claimed_totals["total"], order.total_minor, order.price_accepted) == (1000, 1000, True)
    assert order.source_said["claimed_totals"]["total"] == 1200
    data = said(order, "price_accepted")
    assert (data["claimed"], data["recomputed"], data["charged"]) == (1200, 1000, 1000)


def test_a_claimed_price_is_accepted_once():
    order = claimed()

    accept_price(order.pk, actor=AGENT)
    with nothing_changes():
        accept_price(order.pk, actor=AGENT)

    order.refresh_from_db()
    assert (order.claimed_totals["total"], order.price_accepted) == (1200, True)
    data = said(order, "price_accepted")
    assert (data["claimed"], data["recomputed"], data.get("charged")) == (1200, 1000, None)


@pytest.mark.parametrize("verb", [charge_lines, accept_price])
@pytest.mark.parametrize("state", ["delivered", "cancelled"])
def test_the_price_of_an_order_that_has_ended_is_nobodys_to_change(verb: Callable[..., object], state: str):
    order = claimed()
    Order.objects.filter(pk=order.pk).update(state=state)

    with refused(OrderEnded):
        verb(order.pk, actor=AGENT)


@pytest.mark.parametrize("state", ["received", "validated"])
def test_the_store_to_collect_from_is_chosen_once_and_the_order_checked_anew(state: str):
    order = in_state(state)

    choose_pickup_store(order.pk, node="leeds", actor=AGENT)
    with nothing_changes():
        choose_pickup_store(order.pk, node="leeds", actor=AGENT)

    order.refresh_from_db()
    assert (order.state, order.pickup_node) == ("received", "leeds")
    assert told(order) == ["revised"]


WORKED_ON = ["routed", "released", "shipped", "delivered", "cancelled"]


@pytest.mark.parametrize("state", WORKED_ON)
def test_neither_store_nor_address_of_an_order_that_is_worked_on_is_changed(state: str):
    order = in_state(state)

    with refused(OrderNotRevisable):
        choose_pickup_store(order.pk, node="leeds", actor=AGENT)
    with refused(OrderNotRevisable):
        correct_address(order.pk, address={"line1": "2 Canary Row"}, actor=AGENT)


@pytest.mark.parametrize("state", ["received", "validated"])
def test_an_address_is_corrected_checked_anew_and_the_mistake_stays_known(state: str):
    order = in_state(state)

    correct_address(order.pk, address={"line1": "2 Canary Row", "city": "Leeds"}, actor=AGENT)
    with nothing_changes():
        correct_address(order.pk, address={"line1": "2 Canary Row"}, actor=AGENT)

    contact = OrderContact.objects.get(order=order, role="ship_to")
    order.refresh_from_db()
    assert (order.state, contact.line1, contact.corrected_from["line1"]) == (
        "received",
        "2 Canary Row",
        "1 Canary Row",
    )
    assert told(order) == ["revised"]
    assert "Canary" not in str(said(order, "revised"))

    correct_address(order.pk, address={"line1": "3 Canary Row"}, actor=AGENT)
    contact.refresh_from_db()
    assert contact.corrected_from["line1"] == "1 Canary Row", "what the source said, not what we did"


def test_an_address_is_not_corrected_to_one_nobody_delivers_to_nor_while_a_node_goes_by_the_old():
    order = make_order()

    with refused(AddressNotDeliverable) as refusal:
        correct_address(order.pk, address={"postal_code": "12345"}, actor=AGENT)
    assert "postal_code" in refusal.value.details["fields"]
    with refused(OrderNotRevisable):
        correct_address(order.pk, address={"line1": "2 Canary Row"}, bound=True, actor=AGENT)


def test_only_orders_that_were_never_found_good_are_checked_anew():
    fresh, good = in_state("received"), in_state("validated")

    assert recheck_orders([fresh.pk, good.pk], actor=AGENT) == [fresh]
    assert (told(fresh), told(good)) == (["recheck_asked"], [])
