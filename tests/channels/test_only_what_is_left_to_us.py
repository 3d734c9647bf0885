"""Only what the source leaves to us ships: not what a counter, another service or the shop itself has delivered."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.framework.contracts import shipped_contract
from apps.channels.mapping.engine import apply
from apps.channels.mapping.results import Mapped
from apps.channels.mapping.scope import MappingContext
from apps.channels.models import Channel
from apps.channels.verdict_reasons import NOTHING_NEW
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.orders.models import Hold
from apps.orders.services import doubts_of, release_hold
from tests.channels.sending import (
    later,
    send_shopify,
    send_woo,
    shopify_order,
    the_order,
    verdicts,
    woo_order,
)
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_stock(N1={"A": 100, "B": 100})
    ChannelFactory(shopify=True)
    ChannelFactory(woocommerce=True)


def to_ship() -> dict[str, int]:
    return {row.sku.code: row.quantity for row in FulfillmentLine.objects.select_related("sku")}


def nothing_asked() -> bool:
    return not Hold.objects.exists() and not ExceptionCase.objects.exists()


@pytest.mark.parametrize("topic", ["orders/create", "orders/updated", "orders/paid"])
def test_a_sale_handed_over_at_the_counter_is_recorded_as_done(client: Client, topic: str):
    sale = shopify_order(
        fulfillment_status="fulfilled", source_name="pos", shipping_address=None, closed_at=later(), location_id=77
    )
    send_shopify(client, sale, topic)
    work_it_off()

    order = the_order()
    assert order.state == "delivered"
    assert [line.elsewhere_quantity for line in order.lines.all()] == [2]
    assert to_ship() == {}
    assert nothing_asked()


def test_a_sale_handed_over_at_the_counter_stays_done_when_the_shop_repeats_it(client: Client):
    send_shopify(client, shopify_order(fulfillment_status="fulfilled", shipping_address=None))
    work_it_off()
    again = shopify_order(fulfillment_status="fulfilled", shipping_address=None, tags="till", updated_at=later())
    send_shopify(client, again, "orders/updated")
    work_it_off()

    assert the_order().state == "delivered"
    assert nothing_asked()


def shopify_line(line_id: int = 11, sku: str = "A", quantity: int = 2, **changes: Any) -> dict[str, Any]:
    """A line of which all is still to be fulfilled by the shop itself."""
    said = {"current_quantity": quantity, "fulfillable_quantity": quantity, "fulfillment_service": "manual"}
    return {"id": line_id, "sku": sku, "title": sku, "quantity": quantity, "price": "10.00", **said} | changes


def test_units_the_shop_has_fulfilled_before_the_order_came_are_left_alone(client: Client):
    lines = [
        shopify_line(11, "A", 1, fulfillable_quantity=0, fulfillment_status="fulfilled"),
        shopify_line(12, "B", 2, fulfillable_quantity=1, fulfillment_status="partial"),
    ]
    send_shopify(client, shopify_order(line_items=lines, total_price="30.00", fulfillment_status="partial"))
    work_it_off()

    assert the_order().state == "released"
    assert to_ship() == {"B": 1}
    assert nothing_asked()


def test_fulfillments_count_where_the_shop_does_not_say_what_is_left(client: Client):
    line = {"id": 11, "sku": "A", "quantity": 3, "price": "10.00"}
    made = [
        {"status": "success", "line_items": [{"id": 11, "quantity": 1}]},
        {"status": "cancelled", "line_items": [{"id": 11, "quantity": 1}]},
    ]
    send_shopify(client, shopify_order(line_items=[line], total_price="30.00", fulfillments=made))
    work_it_off()

    assert to_ship() == {"A": 2}
    assert nothing_asked()


def test_a_line_of_another_fulfillment_service_is_left_to_it(client: Client):
    lines = [shopify_line(), shopify_line(12, "B", 1, fulfillment_service="amazon_marketplace_web")]
    send_shopify(client, shopify_order(line_items=lines, total_price="30.00"))
    work_it_off()

    assert to_ship() == {"A": 2}
    assert nothing_asked()


def test_a_channel_says_which_services_and_locations_are_ours(client: Client):
    Channel.objects.filter(code="shop").update(
        settings={"fulfillment_services": ["manual", "Our-3PL"], "locations": [77]}
    )
    lines = [
        shopify_line(11, "A", 1, fulfillment_service="our-3pl", assigned_location_id=77),
        shopify_line(12, "B", 1, assigned_location_id=78),
    ]
    send_shopify(client, shopify_order(line_items=lines))
    work_it_off()

    assert to_ship() == {"A": 1}
    assert nothing_asked()


def test_a_unit_refunded_and_yet_to_be_fulfilled_is_put_before_a_person(client: Client):
    lines = [shopify_line(11, "A", 1, current_quantity=0), shopify_line(12, "B", 1)]
    refunds = [{"id": 5, "refund_line_items": [{"line_item_id": 11, "quantity": 1, "restock_type": "no_restock"}]}]
    changes = {"current_total_price": "10.00", "financial_status": "partially_refunded", "refunds": refunds}
    send_shopify(client, shopify_order(line_items=lines, **changes))
    work_it_off()

    assert the_order().state == "received"
    assert {line.sku_code: line.open_quantity for line in the_order().lines.all()} == {"A": 1, "B": 1}
    case = ExceptionCase.objects.get()
    assert case.type == "quantity_unusual"
    assert "line 1: 1 unit was refunded or taken off, and still to be fulfilled at the source" in case.sentence

    release_hold(the_order().pk, reason="quantity_unusual", actor=AGENT)
    work_it_off()
    assert to_ship() == {"A": 1, "B": 1}


def test_a_unit_neither_fulfilled_nor_to_be_fulfilled_is_put_before_a_person(client: Client):
    send_shopify(client, shopify_order(line_items=[shopify_line(fulfillable_quantity=1)]))
    work_it_off()

    assert to_ship() == {}
    assert "neither fulfilled nor still to be fulfilled" in ExceptionCase.objects.get().sentence


def test_our_own_shipment_told_back_by_the_shop_is_nothing_new(client: Client):
    send_shopify(client, shopify_order(line_items=[shopify_line()]))
    work_it_off()
    ship_fulfillment_order(FulfillmentOrder.objects.get().pk, external_id="S", parcels=[Parcel("T")], actor=AGENT)
    work_it_off()
    line = shopify_line(fulfillable_quantity=0, fulfillment_status="fulfilled")
    told = shopify_order(line_items=[line], fulfillment_status="fulfilled", updated_at=later())
    send_shopify(client, told, "orders/fulfilled")
    work_it_off()

    assert verdicts()[-1] == ("ignored", NOTHING_NEW)
    assert the_order().state == "shipped"
    assert nothing_asked()


def test_units_fulfilled_in_the_shop_after_release_are_held_here(client: Client):
    send_shopify(client, shopify_order(line_items=[shopify_line()]))
    work_it_off()
    line = shopify_line(fulfillable_quantity=1, fulfillment_status="partial")
    send_shopify(client, shopify_order(line_items=[line], updated_at=later()), "orders/updated")
    work_it_off()

    hold = Hold.objects.get(released_at=None)
    assert hold.reason == "manual"
    assert "1 unit of it that we have not shipped was fulfilled there" in hold.note


def test_an_archived_order_with_units_to_fulfill_is_held_and_one_without_is_done(client: Client):
    send_shopify(client, shopify_order(1, line_items=[shopify_line()], closed_at=later()))
    done = shopify_line(fulfillable_quantity=0, fulfillment_status="fulfilled")
    send_shopify(client, shopify_order(2, line_items=[done], closed_at=later()))
    work_it_off()

    assert the_order(1).state == "received"
    assert Hold.objects.get().order == the_order(1)
    assert the_order(2).state == "delivered"


def test_units_amazon_knows_as_shipped_are_left_alone(client: Client):
    outcome = apply(shipped_contract("amazon.order"), amazon_order(QuantityShipped=1), MappingContext())

    assert isinstance(outcome, Mapped)
    assert [(line.quantity, line.handled_elsewhere) for line in outcome.order.lines] == [(2, 1)]


def test_more_units_shipped_than_ordered_are_doubted(client: Client):
    outcome = apply(shipped_contract("amazon.order"), amazon_order(QuantityShipped=3), MappingContext())

    assert isinstance(outcome, Mapped)
    assert outcome.order.doubts[0].reason == "quantity_unusual"


def amazon_order(**item: Any) -> dict[str, Any]:
    money = {"Amount": "20.00", "CurrencyCode": "GBP"}
    order = {
        "AmazonOrderId": "1-2-3", "PurchaseDate": "2026-11-02T09:00:00Z", "OrderStatus": "PartiallyShipped",
        "FulfillmentChannel": "MFN", "OrderTotal": money,
    }  # fmt: skip
    one = {"OrderItemId": "1", "SellerSKU": "A", "QuantityOrdered": 2, "ItemPrice": money} | item
    return {"order": order, "items": [one]}


@pytest.mark.parametrize("status", ["completed", "shipped", "delivered"])
@pytest.mark.parametrize("needs_processing", [True, False])
def test_what_woocommerce_calls_done_is_done_digital_or_not(client: Client, status: str, needs_processing: bool):
    send_woo(client, woo_order(status=status, needs_processing=needs_processing))
    work_it_off()

    assert the_order().state == "delivered"
    assert nothing_asked()


def test_a_digital_sale_needs_nobody_and_a_mixed_one_ships_its_goods(client: Client):
    digital = shopify_line(12, "PDF", 1, requires_shipping=False, fulfillable_quantity=0)
    changes = {"total_price": "10.00", "shipping_address": None}
    send_shopify(client, shopify_order(1, line_items=[digital], **changes))
    send_shopify(client, shopify_order(2, line_items=[digital | {"gift_card": True}], **changes, closed_at=later()))
    send_shopify(client, shopify_order(3, line_items=[digital, shopify_line()], total_price="30.00"))
    work_it_off()

    assert [the_order(n).state for n in (1, 2, 3)] == ["delivered", "delivered", "released"]
    assert to_ship() == {"A": 2}
    assert nothing_asked()


def test_a_refund_of_an_order_completed_before_it_came_holds_nothing(client: Client):
    send_woo(client, woo_order(status="completed"))
    refund = [{"id": 9, "total": "-5.00"}]
    send_woo(client, woo_order(status="completed", refunds=refund), "order.updated")
    work_it_off()

    assert (the_order().state, the_order().payment_state) == ("delivered", "partially_refunded")
    assert nothing_asked()


def test_an_order_of_which_nothing_is_left_without_a_reason_is_asked_for_and_not_called_done(client: Client):
    line = {"id": 11, "sku": "A", "quantity": 2, "price": "10.00", "fulfillable_quantity": 0}
    send_shopify(client, shopify_order(line_items=[line]))
    send_shopify(client, shopify_order(2, line_items=[shopify_line(fulfillable_quantity=5)]))
    send_shopify(client, shopify_order(3, line_items=[shopify_line(fulfillable_quantity=-1)]))
    work_it_off()

    assert [the_order(n).state for n in (1, 2, 3)] == ["received"] * 3
    assert [one.type for one in ExceptionCase.objects.all()] == ["quantity_unusual"] * 3
    assert to_ship() == {}


def csv_order(**cells: str) -> dict[str, Any]:
    row = {
        "order_id": "1",
        "placed_at": "2026-11-02",
        "currency": "GBP",
        "sku": "A",
        "quantity": "2",
        "unit_price": "10",
    }
    return {"key": "1", "rows": [row | cells]}


def test_a_file_says_what_others_deliver_and_whether_a_refund_is_explained():
    read = shipped_contract("csv.order")
    partly = apply(read, csv_order(handled_elsewhere="1", payment_state="partially_refunded"), MappingContext())
    told = apply(read, csv_order(payment_state="partially_refunded", refund_explained="yes"), MappingContext())

    assert isinstance(partly, Mapped)
    assert partly.order.lines[0].handled_elsewhere == 1
    assert [doubt.code for doubt in doubts_of(partly.order)] == ["refund_unexplained"]
    assert isinstance(told, Mapped)
    assert doubts_of(told.order) == []
