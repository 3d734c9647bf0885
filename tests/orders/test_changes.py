"""What changed of an order, by whom, when and why: history rows of the order, its lines and its contacts."""

from __future__ import annotations

from typing import Any

import pytest

from apps.core.actor import Actor
from apps.core.context import acting_as
from apps.inventory.models import StockLevel
from apps.inventory.services import Count, count_stock
from apps.orders.changes import changes_of_order
from apps.orders.models import Order, OrderContact, OrderLine
from apps.orders.services import correct_address, place_hold, revise_order
from tests.driving import work_it_off
from tests.factories import ChannelFactory, canonical, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db
DANA, SHOP = Actor("staff", "usr_dana"), Actor("channel", "api")


@pytest.fixture
def order() -> Order:
    ChannelFactory()
    return make_order(lines={"A": 2, "B": 1})


def revised(order: Order, lines: list[dict[str, Any]], **changes: Any) -> None:
    later = canonical(external_id=order.external_id, lines=lines, updated_at="2099-01-01T00:00:00Z", **changes)
    revise_order(order.pk, later, actor=SHOP)


def line(line_id: str, sku: str, quantity: int) -> dict[str, Any]:
    return {"line_id": line_id, "sku": sku, "quantity": quantity, "unit_price": 1000}


def told(order: Order) -> set[tuple[str, str, str, Any, Any]]:
    return {(one.kind, one.label, one.field, one.before, one.after) for one in changes_of_order(order)}


def test_a_revision_changes_lines_in_place_and_says_what_they_were(order: Order):
    before = {row.line_id: row.pk for row in order.lines.all()}

    revised(order, [line("1", "A", 5), line("3", "C", 1)])

    after = {row.line_id: row.pk for row in order.lines.all()}
    assert after["1"] == before["1"]
    assert set(after) == {"1", "3"}
    assert ("line", "1", "quantity", 2, 5) in told(order)
    assert {one.actor for one in changes_of_order(order) if one.field == "quantity"} == {"channel:api"}


def test_a_line_that_is_taken_off_stays_and_comes_back_under_its_id(order: Order):
    kept = OrderLine.objects.get(order=order, line_id="2")

    revised(order, [line("1", "A", 2)])

    assert not OrderLine.objects.filter(pk=kept.pk).exists()
    assert OrderLine.every.get(pk=kept.pk).withdrawn_at is not None
    later = canonical(
        external_id=order.external_id,
        lines=[line("1", "A", 2), line("2", "B", 4)],
        updated_at="2099-01-02T00:00:00Z",
    )
    revise_order(order.pk, later, actor=SHOP)
    back = OrderLine.objects.get(order=order, line_id="2")
    assert (back.pk, back.quantity, back.withdrawn_at) == (kept.pk, 4, None)


def test_what_is_withdrawn_is_neither_routed_nor_counted(order: Order):
    make_policy()
    make_stock(N1={"A": 10, "B": 10})

    revised(order, [line("1", "A", 2)])
    work_it_off()

    assert StockLevel.objects.get(sku__code="B").reserved == 0
    assert Order.objects.get(pk=order.pk).total_minor == 2000


def test_an_order_that_never_changed_keeps_no_history_of_its_lines_and_contacts(order: Order):
    work_it_off()

    assert OrderLine.history.count() == 0
    assert OrderContact.history.count() == 0


def test_a_corrected_address_names_the_person_and_the_reason(order: Order):
    with acting_as(DANA, "the customer called"):
        correct_address(order.pk, address={"line1": "2 Canary Row"}, actor=DANA)

    [change] = [one for one in changes_of_order(order) if one.field == "line1"]
    assert (change.before, change.after, change.label) == ("1 Canary Row", "2 Canary Row", "ship_to")
    assert (change.actor, change.why) == ("staff:usr_dana", "the customer called")
    assert OrderContact.history.filter(history_type="+").count() == 1, "as it was, once"


def test_a_service_is_named_by_its_actor_wherever_it_is_called_from(order: Order):
    work_it_off()
    Order.history.all().delete()

    revised(order, [line("1", "A", 2), line("2", "B", 1)], payment={"state": "pending"})

    assert set(Order.history.values_list("history_actor", flat=True)) == {"channel:api"}


def test_a_step_names_itself_and_the_event_it_follows(order: Order):
    make_policy()
    make_stock(N1={"A": 10, "B": 10})
    work_it_off()

    rows = dict(Order.history.values_list("state", "history_actor"))
    assert rows["validated"] == "step:validate_order"
    assert Order.history.get(state="validated").history_change_reason == "order.accepted"


def test_stock_settings_keep_a_history_and_counters_do_not():
    make_stock(N1={"A": 10})
    StockLevel.history.all().delete()
    count_stock([Count(node="N1", sku="A", on_hand=7)], reason="counted", actor=DANA)
    assert StockLevel.history.count() == 0

    count_stock([Count(node="N1", sku="A", safety_stock=3)], reason="counted", actor=DANA)

    rows = StockLevel.history.order_by("history_id").values_list("safety_stock", "history_type", "history_actor")
    assert list(rows) == [(0, "+", ""), (3, "~", "staff:usr_dana")]


def test_a_refused_verb_leaves_no_history(order: Order):
    place_hold(order.pk, reason="manual", note="", actor=DANA)
    before = Order.history.count()

    place_hold(order.pk, reason="manual", note="", actor=DANA)

    assert Order.history.count() == before
