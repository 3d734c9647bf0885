"""Messages that people reported: an order cancelled when half had left, a line taken off after release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.fulfillment.errors import FulfillmentNotAllowed
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services import Parcel, pick_fulfillment_order, ship_fulfillment_order
from apps.orders.models import Order, OrderLine
from tests.channels.sending import send_shopify, send_woo
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_counted_stock, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db(transaction=True)
HALF_LEFT = "26-shop-cancels-after-half-has-left"
TAKEN_OFF = "30-line-taken-off-after-release"


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    ChannelFactory(shopify=True)
    ChannelFactory(woocommerce=True)


def stock_apart(order: dict[str, Any]) -> None:
    """Each of the order's SKUs at a node of its own."""
    skus = [line["sku"] for line in order["line_items"]]
    make_counted_stock(**{f"N{number}": {sku: 50} for number, sku in enumerate(skus, 1)})


def read(shared: Path, folder: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "data" / "bugreports" / folder / f"{name}.json").read_text())
    return found


def take_in(client: Client, order: dict[str, Any], topic: str) -> None:
    send = send_woo if topic.startswith("order.") else send_shopify
    send(client, order, topic, webhook_id=topic)
    work_it_off()


def ship(row: FulfillmentOrder) -> None:
    ship_fulfillment_order(row.pk, external_id="S", parcels=[Parcel(tracking_number="T")], actor=AGENT)
    work_it_off()


@pytest.mark.parametrize(
    ("created", "cancelled", "topics"),
    [
        ("two-nodes-create", "two-nodes-cancel", ("orders/create", "orders/cancelled")),
        ("create", "cancel", ("orders/create", "orders/cancelled")),
        ("woo-create", "woo-refunded", ("order.created", "order.updated")),
    ],
)
@pytest.mark.parametrize("short", [False, True])
def test_26_what_had_not_left_is_stopped_and_never_routed_again(
    client: Client, shared: Path, created: str, cancelled: str, topics: tuple[str, str], short: bool
):
    order = read(shared, HALF_LEFT, created)
    stock_apart(order)
    take_in(client, order, topics[0])
    first, *rest = FulfillmentOrder.objects.order_by("pk")
    ship(first)
    if short:
        line = FulfillmentLine.objects.filter(fulfillment_order=rest[0]).get()
        pick_fulfillment_order(rest[0].pk, missing={line.pk: 1}, actor=AGENT)
    take_in(client, read(shared, HALF_LEFT, cancelled), topics[1])

    assert set(FulfillmentOrder.objects.exclude(pk=first.pk).values_list("state", flat=True)) == {"cancelled"}
    with pytest.raises(FulfillmentNotAllowed):
        ship(rest[0])
    assert Order.objects.get().state == "shipped"
    case = ExceptionCase.objects.get(type="cancel_after_ship")
    assert (case.state, case.subject_ref) == ("open", Order.objects.get().public_id)
    assert not ExceptionCase.objects.filter(state="open", type="short_pick").exists()
    assert_invariants()


def test_30_a_line_taken_off_in_shopify_does_not_ship(client: Client, shared: Path):
    order = read(shared, TAKEN_OFF, "create")
    make_counted_stock(N1={line["sku"]: 50 for line in order["line_items"]})
    take_in(client, order, "orders/create")
    take_in(client, read(shared, TAKEN_OFF, "line-removed"), "orders/updated")
    ship(FulfillmentOrder.objects.get())

    gone = dict(OrderLine.objects.values_list("sku_code", "cancelled_quantity"))
    assert gone == {"THR-RST": 0, "CND-FIG": 1}
    left = {row.sku.code: row.shipped_quantity for row in FulfillmentLine.objects.select_related("sku")}
    assert left == {"THR-RST": 1, "CND-FIG": 0}
    assert not ExceptionCase.objects.exists()
    assert Order.objects.get().state == "shipped"


def test_30_a_refund_in_woocommerce_that_names_no_line_holds_the_order_for_a_person(client: Client, shared: Path):
    order = read(shared, TAKEN_OFF, "woo-create")
    make_counted_stock(N1={line["sku"]: 50 for line in order["line_items"]})
    take_in(client, order, "order.created")
    take_in(client, read(shared, TAKEN_OFF, "woo-refund-of-one-line"), "order.updated")

    with pytest.raises(Exception, match="on hold"):
        ship(FulfillmentOrder.objects.get())
    assert ExceptionCase.objects.get(state="open").type == "payment_problem"
