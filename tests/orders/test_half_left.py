"""An order is cancelled when part of it has left: what has not is stopped everywhere, what has stays true."""

from __future__ import annotations

import pytest

from apps.casework.models import ExceptionCase
from apps.catalog.models import BundleComponent
from apps.core.models import Event
from apps.fulfillment.errors import FulfillmentNotAllowed
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services import (
    Parcel,
    call_off_order,
    deliver_shipment,
    pick_fulfillment_order,
    reject_fulfillment_order,
    ship_fulfillment_order,
)
from apps.inventory.models import Reservation, StockLevel
from apps.orders.errors import OrderNotCancellable
from apps.orders.models import Order, OrderLine
from apps.orders.services import place_hold
from tests.channels.shops import shop_server
from tests.driving import again, work_it_off
from tests.factories import AGENT, ChannelFactory, NodeFactory, SkuFactory, make_counted_stock, make_order, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db(transaction=True)


def split_order(**changes: object) -> tuple[Order, FulfillmentOrder, FulfillmentOrder]:
    """Released, A at N1 and B at N2."""
    make_policy()
    make_counted_stock(N1={"A": 9}, N2={"B": 9})
    order = make_order(**{"lines": {"A": 1, "B": 2}, **changes})
    work_it_off()
    rows = {row.node.code: row for row in FulfillmentOrder.objects.filter(order=order)}
    return order, rows["N1"], rows["N2"]


def ship(row: FulfillmentOrder, **contents: int) -> None:
    lines = {line.sku.code: line.pk for line in FulfillmentLine.objects.filter(fulfillment_order=row)}
    parcel = Parcel(tracking_number="T", contents={lines[sku]: units for sku, units in contents.items()})
    ship_fulfillment_order(row.pk, external_id=f"S{len(contents)}", parcels=[parcel], actor=AGENT)


def cancel(order: Order) -> Order:
    return call_off_order(order.pk, reason="changed my mind", actor=AGENT)


def cancelled_units(order: Order) -> dict[str, int]:
    return dict(OrderLine.objects.filter(order=order).values_list("sku_code", "cancelled_quantity"))


def levels() -> dict[str, tuple[int, int]]:
    return {level.sku.code: (level.on_hand, level.reserved) for level in StockLevel.objects.select_related("sku")}


def state(row: FulfillmentOrder) -> str:
    return FulfillmentOrder.objects.get(pk=row.pk).state


def test_what_has_not_left_is_cancelled_and_the_order_ends_with_its_parcel():
    order, first, second = split_order()
    ship(first)
    work_it_off()
    answered = cancel(order)
    work_it_off()

    assert (answered.state, answered.rest_cancelled_at is not None) == ("released", True)
    assert (state(first), state(second)) == ("shipped", "cancelled")
    assert cancelled_units(order) == {"A": 0, "B": 2}
    assert levels() == {"A": (8, 0), "B": (9, 0)}
    assert again(order).state == "shipped"
    case = ExceptionCase.objects.get()
    assert (case.type, case.subject_ref, case.state) == ("cancel_after_ship", order.public_id, "open")
    assert "1 unit" in case.sentence
    assert case.value_minor == 1000
    with pytest.raises(FulfillmentNotAllowed):
        ship(second)

    deliver_shipment(first.shipments.get().public_id, actor=AGENT)
    work_it_off()
    assert again(order).state == "delivered"
    assert_invariants()


def test_it_is_true_before_the_steps_have_noticed_the_parcel():
    order, first, second = split_order()
    ship(first)
    cancel(order)

    assert state(second) == "cancelled"
    work_it_off()
    assert again(order).state == "shipped"
    assert levels() == {"A": (8, 0), "B": (9, 0)}
    assert_invariants()


def test_of_one_fulfillment_order_the_parcel_that_left_stays_and_the_rest_is_stopped():
    order, first, second = split_order(lines={"A": 3, "B": 1})
    ship(first, A=1)
    cancel(order)
    work_it_off()

    assert (state(first), state(second)) == ("shipped", "cancelled")
    line = FulfillmentLine.objects.get(fulfillment_order=first)
    assert (line.quantity, line.shipped_quantity) == (1, 1)
    assert cancelled_units(order) == {"A": 2, "B": 1}
    assert levels() == {"A": (8, 0), "B": (9, 0)}
    assert again(order).state == "shipped"
    assert_invariants()


def test_cancelling_twice_is_once():
    order, first, _ = split_order()
    ship(first)
    moment = cancel(order).rest_cancelled_at
    work_it_off()

    assert cancel(order).rest_cancelled_at == moment
    assert Event.objects.filter(name="order.rest_cancelled").count() == 1
    assert ExceptionCase.objects.get().occurrences == 1


def test_once_all_has_left_nothing_is_cancelled():
    order, first, second = split_order()
    ship(first)
    ship(second)

    with pytest.raises(OrderNotCancellable):
        cancel(order)
    assert cancelled_units(order) == {"A": 0, "B": 0}
    assert again(order).rest_cancelled_at is None
    assert not Event.objects.filter(name__in=["order.rest_cancelled", "order.cancelled"]).exists()


def test_a_short_pick_before_the_cancellation_is_not_routed_again():
    order, first, second = split_order()
    make_counted_stock_elsewhere()
    ship(first)
    line = FulfillmentLine.objects.get(fulfillment_order=second)
    pick_fulfillment_order(second.pk, missing={line.pk: 1}, actor=AGENT)
    cancel(order)
    work_it_off()

    assert FulfillmentOrder.objects.filter(order=order).count() == 2
    assert not Reservation.objects.filter(
        order_id=order.pk, state__in=["reserved", "allocated"], quantity__gt=0
    ).exists()
    assert again(order).state == "shipped"
    assert not ExceptionCase.objects.filter(type="short_pick", state="open").exists()


def test_a_rejection_that_is_being_routed_again_is_stopped():
    order, first, second = split_order()
    make_counted_stock_elsewhere()
    ship(first)
    reject_fulfillment_order(second.pk, reason="damaged", actor=AGENT)
    cancel(order)
    work_it_off()

    assert FulfillmentOrder.objects.filter(order=order).count() == 2
    assert again(order).state == "shipped"


def test_lines_that_wait_for_stock_are_not_placed_when_it_comes():
    order, first, _ = split_order(lines={"A": 1, "B": 12}, shipping={"preference": "split_allowed"})
    ship(first)
    cancel(order)
    work_it_off()
    make_counted_stock_elsewhere()
    for level in StockLevel.objects.filter(node__code="N3"):
        from apps.core.outbox import record
        from apps.inventory import events

        record(events.level_fact(level, events.StockFreed()), actor=AGENT)
    work_it_off()

    assert not FulfillmentOrder.objects.filter(order=order, node__code="N3").exists()
    assert again(order).state == "shipped"
    assert not ExceptionCase.objects.exclude(type="cancel_after_ship").filter(state="open").exists()


def make_counted_stock_elsewhere() -> None:
    NodeFactory(code="N3")
    SkuFactory(code="B")
    make_counted_stock_of("N3", "B", 20)


def make_counted_stock_of(node: str, sku: str, units: int) -> None:
    from apps.inventory.services import Count, count_stock

    count_stock([Count(node=node, sku=sku, on_hand=units)], reason="feed", actor=AGENT)


def test_a_held_half_shipped_order_that_is_cancelled_holds_nothing_any_more():
    order, first, _ = split_order()
    ship(first)
    place_hold(order.pk, reason="fraud_review", actor=AGENT)
    work_it_off()
    cancel(order)
    work_it_off()

    assert not order.holds.filter(released_at__isnull=True).exists()
    assert again(order).state == "shipped"
    assert set(ExceptionCase.objects.filter(state="open").values_list("type", flat=True)) == {"cancel_after_ship"}


def test_a_set_of_which_one_part_has_left_is_cancelled_and_the_other_part_is_stopped():
    make_policy()
    make_counted_stock(N1={"A": 9}, N2={"B": 9})
    bundle = SkuFactory(code="SET")
    for part in ("A", "B"):
        BundleComponent.objects.create(bundle=bundle, component=SkuFactory(code=part), quantity=1)
    order = make_order(lines={"SET": 1}, shipping={"preference": "split_allowed"})
    work_it_off()
    rows = {row.node.code: row for row in FulfillmentOrder.objects.filter(order=order)}
    ship(rows["N1"])
    cancel(order)
    work_it_off()

    assert (state(rows["N1"]), state(rows["N2"])) == ("shipped", "cancelled")
    assert cancelled_units(order) == {"SET": 1}
    assert levels() == {"A": (8, 0), "B": (9, 0)}
    assert again(order).state == "shipped"
    assert_invariants()


def test_the_shop_is_told_what_was_cancelled_and_not_that_all_was():
    with shop_server() as shop:
        ChannelFactory(woocommerce=True, base_url=shop.url, api_key="ck", api_secret="cs")
        make_policy()
        make_counted_stock(N1={"A": 9}, N2={"B": 9})
        order = make_order(channel="woo", external_id="1", lines={"A": 1, "B": 2})
        shop.orders["1"] = {"id": 1, "status": "processing"}
        work_it_off()
        rows = {row.node.code: row for row in FulfillmentOrder.objects.filter(order=order)}
        ship(rows["N1"])
        work_it_off()
        cancel(order)
        work_it_off()

        assert any("Cancelled: 2 x" in note["note"] for note in shop.notes)
        assert shop.orders["1"]["status"] == "completed"
