"""Returned or refunded after delivery: recorded, the payment follows, and nobody is sent after a parcel that has arrived."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.models import InboxMessage
from apps.fulfillment.models import FulfillmentOrder, Shipment
from apps.fulfillment.services import Parcel, deliver_shipment, ship_fulfillment_order
from apps.orders.models import Order
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
from tests.factories import AGENT, ChannelFactory, make_counted_stock, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_counted_stock(N1={"A": 100, "B": 100, "MUG-BLU": 50, "CND-CED": 50, "PLT-WHT": 50})
    ChannelFactory(shopify=True)
    ChannelFactory(woocommerce=True)


def deliver() -> None:
    work_it_off()
    for number, work in enumerate(FulfillmentOrder.objects.exclude(state="delivered")):
        ship_fulfillment_order(work.pk, external_id=f"s{number}", parcels=[Parcel(tracking_number="T1")], actor=AGENT)
    work_it_off()
    for shipment in Shipment.objects.exclude(state="delivered"):
        deliver_shipment(shipment.public_id, actor=AGENT)
    work_it_off()
    assert set(Order.objects.values_list("state", flat=True)) == {"delivered"}


def returned(minutes: int, *, left: int, state: str, **changes: Any) -> dict[str, Any]:
    lines = [{"id": 11, "sku": "A", "title": "Thing", "quantity": 2, "current_quantity": left, "price": "10.00"}]
    lines[0] |= {"fulfillable_quantity": 0, "fulfillment_status": "fulfilled"}
    said = {"fulfillment_status": "fulfilled", "closed_at": later(minutes), "current_total_price": f"{10 * left}.00"}
    return shopify_order(line_items=lines, updated_at=later(minutes), financial_status=state, **said, **changes)


@pytest.mark.parametrize(("left", "state"), [(1, "partially_refunded"), (0, "refunded")])
def test_a_return_is_recorded_the_payment_follows_and_no_later_message_opens_a_case(
    client: Client, left: int, state: str
):
    send_shopify(client, shopify_order())
    deliver()

    for minutes, tags in ((5, ""), (6, "returned"), (7, "returned, done")):
        send_shopify(client, returned(minutes, left=left, state=state, tags=tags), "orders/updated")
        work_it_off()

    assert {verdict for verdict, _ in verdicts()} == {"accepted"}
    assert (the_order().payment_state, the_order().tags) == (state, ["returned", "done"])
    assert not ExceptionCase.objects.exists()
    assert_invariants()


def test_an_order_refunded_in_full_after_delivery_is_not_chased(client: Client):
    send_woo(client, woo_order())
    deliver()
    refund = [{"id": 1, "reason": "returned", "total": "-20.00"}]

    for minutes in (5, 6):
        said = woo_order(status="refunded", refunds=refund, date_modified_gmt=later(minutes).rstrip("Z"))
        send_woo(client, said, "order.updated")
        work_it_off()

    assert [verdict for verdict, _ in verdicts()] == ["accepted", "accepted", "duplicate"]
    assert (the_order().state, the_order().payment_state) == ("delivered", "refunded")
    assert not ExceptionCase.objects.exists()


def test_cancelled_after_delivery_and_not_refunded_asks_for_a_return_and_not_for_the_parcel(client: Client):
    send_woo(client, woo_order())
    deliver()

    send_woo(client, woo_order(status="cancelled", date_modified_gmt=later(5).rstrip("Z")), "order.updated")
    work_it_off()

    case = ExceptionCase.objects.get()
    assert case.type == "cancel_after_ship"
    assert "ntercept" not in case.sentence


@pytest.mark.parametrize("letter", ["A", "B", "E"])
def test_as_it_was_reported(client: Client, shared: Path, letter: str):
    folder = next((shared / "data/bugreports").glob("04-*"))

    def send(name: str) -> None:
        body = json.loads((folder / name).read_text())
        if letter == "E":
            send_woo(client, body, "order.created" if "create" in name else "order.updated")
        else:
            send_shopify(client, body, "orders/create" if "create" in name else "orders/updated")

    send(f"{letter}-create.json")
    deliver()
    for path in sorted(folder.glob(f"{letter}-after*.json"), key=lambda one: (len(one.name), one.name)):
        send(path.name)
        work_it_off()

    assert not ExceptionCase.objects.exists()
    assert not InboxMessage.objects.filter(verdict="quarantined").exists()
    assert Order.objects.get().payment_state == ("partially_refunded" if letter == "A" else "refunded")
