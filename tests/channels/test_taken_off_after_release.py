"""Lines and units a shop takes off after work has begun: stopped where they still can be, the rest ships."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.fulfillment.errors import OrderOnHold, WrongContents
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services import (
    Parcel,
    pack_fulfillment_order,
    pick_fulfillment_order,
    ship_fulfillment_order,
)
from apps.inventory.models import StockLevel
from apps.orders.models import OrderLine
from apps.orders.services import release_hold
from tests.channels.sending import later, send_shopify, shopify_order, the_order, verdicts
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, NodeFactory, make_counted_stock, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_counted_stock(N1={"A": 100, "B": 100})
    ChannelFactory(shopify=True)


def two_lines(a: int = 2, b: int = 1, minutes: int = 0, **changes: Any) -> dict[str, Any]:
    """Two of A and one of B as ordered, of which so many are wanted now."""
    lines = [
        {"id": 11, "sku": "A", "title": "A", "quantity": 2, "current_quantity": a, "price": "10.00"},
        {"id": 12, "sku": "B", "title": "B", "quantity": 1, "current_quantity": b, "price": "10.00"},
    ]
    total = f"{10 * (a + b)}.00"
    return (
        shopify_order(line_items=lines, total_price="30.00", current_total_price=total, updated_at=later(minutes))
        | changes
    )


def released(client: Client) -> FulfillmentOrder:
    send_shopify(client, two_lines())
    work_it_off()
    return FulfillmentOrder.objects.get()


def change(client: Client, **said: Any) -> None:
    said.setdefault("minutes", 5)
    send_shopify(client, two_lines(**said), "orders/updated")
    work_it_off()


def ship(row: FulfillmentOrder, name: str = "S") -> None:
    ship_fulfillment_order(row.pk, external_id=name, parcels=[Parcel(tracking_number="T")], actor=AGENT)
    work_it_off()


def shipped() -> dict[str, int]:
    return {row.sku.code: row.shipped_quantity for row in FulfillmentLine.objects.select_related("sku")}


def cancelled() -> dict[str, int]:
    return dict(OrderLine.objects.values_list("sku_code", "cancelled_quantity"))


def reserved() -> dict[str, int]:
    return {level.sku.code: level.reserved for level in StockLevel.objects.select_related("sku")}


@pytest.mark.parametrize("picked", [False, True])
def test_a_line_taken_off_does_not_ship_and_the_rest_does(client: Client, picked: bool):
    row = released(client)
    if picked:
        pick_fulfillment_order(row.pk, actor=AGENT)
    change(client, b=0)

    assert cancelled() == {"A": 0, "B": 1}
    assert reserved() == {"A": 2, "B": 0}
    assert not ExceptionCase.objects.exists()
    ship(row)
    assert shipped() == {"A": 2, "B": 0}
    assert the_order().state == "shipped"
    assert_invariants()


def test_a_quantity_that_falls_ships_what_is_left_of_it(client: Client):
    row = released(client)
    change(client, a=1)

    line = FulfillmentLine.objects.get(sku__code="A")
    with pytest.raises(WrongContents):
        ship_fulfillment_order(row.pk, external_id="S", parcels=[Parcel(contents={line.pk: 2})], actor=AGENT)
    ship(row)
    assert shipped() == {"A": 1, "B": 1}
    assert reserved() == {"A": 0, "B": 0}
    assert the_order().state == "shipped"
    assert not ExceptionCase.objects.exists()


def test_what_was_packed_is_held_until_somebody_has_taken_it_out(client: Client):
    row = released(client)
    pick_fulfillment_order(row.pk, actor=AGENT)
    pack_fulfillment_order(row.pk, actor=AGENT)
    change(client, b=0)

    with pytest.raises(OrderOnHold):
        ship(row)
    case = ExceptionCase.objects.get()
    assert (case.type, case.state) == ("manual", "open")
    assert "packed" in case.sentence
    change(client, b=0, minutes=6, tags="looked at")
    with pytest.raises(OrderOnHold):
        ship(row)

    release_hold(the_order().pk, reason="manual", actor=AGENT)
    ship(row)
    assert shipped() == {"A": 2, "B": 0}


def test_a_message_that_repeats_it_changes_nothing_more_and_one_that_puts_it_back_goes_before_a_person(client: Client):
    row = released(client)
    change(client, b=0)
    change(client, b=0, minutes=6, tags="vip")
    assert cancelled() == {"A": 0, "B": 1}
    assert not ExceptionCase.objects.exists()
    change(client, b=1, minutes=7)

    assert ExceptionCase.objects.get().type == "changed_after_release"
    assert cancelled() == {"A": 0, "B": 1}
    ship(row)
    assert shipped() == {"A": 2, "B": 0}


def test_a_line_with_nothing_else_at_its_node_is_cancelled_there(client: Client):
    NodeFactory(code="N2")
    StockLevel.objects.filter(sku__code="B").update(node_id=NodeFactory(code="N2").pk)
    send_shopify(client, two_lines())
    work_it_off()
    change(client, b=0)

    assert dict(FulfillmentOrder.objects.values_list("node__code", "state")) == {"N1": "accepted", "N2": "cancelled"}
    assert reserved() == {"A": 2, "B": 0}
    ship(FulfillmentOrder.objects.get(node__code="N1"))
    assert the_order().state == "shipped"


def test_a_refund_of_what_has_left_stops_nothing_and_asks_nobody(client: Client):
    row = released(client)
    ship(row)
    change(client, a=1, financial_status="partially_refunded")

    assert cancelled() == {"A": 0, "B": 0}
    assert not ExceptionCase.objects.exists()


def test_of_a_line_half_shipped_only_the_rest_is_stopped(client: Client):
    row = released(client)
    line = FulfillmentLine.objects.get(sku__code="A")
    ship_fulfillment_order(row.pk, external_id="S", parcels=[Parcel(contents={line.pk: 1})], actor=AGENT)
    change(client, a=0)

    assert cancelled() == {"A": 1, "B": 0}
    ship(row, "S2")
    assert shipped() == {"A": 1, "B": 1}
    assert reserved() == {"A": 0, "B": 0}
    assert the_order().state == "shipped"
    assert_invariants()


def test_where_the_unwanted_line_is_short_picked_it_is_not_looked_for_elsewhere(client: Client):
    row = released(client)
    make_counted_stock_elsewhere()
    line = FulfillmentLine.objects.get(sku__code="B")
    pick_fulfillment_order(row.pk, missing={line.pk: 1}, actor=AGENT)
    change(client, b=0)

    assert FulfillmentOrder.objects.count() == 1
    assert cancelled() == {"A": 0, "B": 1}
    ship(row)
    assert the_order().state == "shipped"


def make_counted_stock_elsewhere() -> None:
    from apps.inventory.services import Count, count_stock

    NodeFactory(code="N9")
    count_stock([Count(node="N9", sku="B", on_hand=5)], reason="feed", actor=AGENT)


def test_an_order_whose_every_line_was_replaced_is_held(client: Client):
    row = released(client)
    lines = [{"id": 99, "sku": "B", "title": "B", "quantity": 3, "price": "10.00"}]
    send_shopify(client, two_lines(minutes=5, line_items=lines), "orders/updated")
    work_it_off()

    with pytest.raises(OrderOnHold):
        ship(row)
    assert "changed_after_release" in set(ExceptionCase.objects.values_list("type", flat=True))
    assert shipped() == {"A": 0, "B": 0}
    assert verdicts()[-1][0] == "accepted"
