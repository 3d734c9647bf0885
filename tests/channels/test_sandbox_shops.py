"""The demonstration's simulated shops are asked and told like real ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client

from apps.channels.models import ChannelNotice
from apps.channels.tasks import poll_all
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, call_off_order, ship_fulfillment_order
from apps.orchestration.models import StepRun
from apps.orders.models import Order
from orchestrator.sandbox import Sandbox, start
from tests.channels.sending import send_shopify, send_woo, shopify_order, the_order, woo_order
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    running = start(secret="sandbox-signs")
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def _shops(sandbox: Sandbox) -> None:
    make_policy()
    make_stock(N1={"A": 100})
    since = datetime(2026, 11, 2, tzinfo=UTC)
    ChannelFactory(shopify=True, base_url=f"{sandbox.url}/shopify", polled_until=since)
    ChannelFactory(woocommerce=True, base_url=f"{sandbox.url}/woo", polled_until=since)


def test_orders_put_there_are_found_by_polling(sandbox: Sandbox):
    sandbox.shopify.put(shopify_order(1))
    sandbox.woo.put(woo_order(2))
    poll_all()
    work_it_off()

    assert sorted(Order.objects.values_list("channel", "external_id")) == [("shop", "1"), ("woo", "2")]


@pytest.mark.parametrize("known_there", [True, False])
def test_shipments_are_told(client: Client, sandbox: Sandbox, known_there: bool):
    send_shopify(client, shopify_order(1))
    send_woo(client, woo_order(2))
    if known_there:
        sandbox.shopify.put(shopify_order(1))
        sandbox.woo.put(woo_order(2))
    work_it_off()
    for row in FulfillmentOrder.objects.all():
        ship_fulfillment_order(row.pk, external_id="S", parcels=[Parcel("T1")], actor=AGENT)
    work_it_off()

    seen = sandbox.seen()
    assert [one["trackingInfo"]["numbers"] for one in seen["shopify"]["fulfillments"]] == [["T1"]]
    assert [one["status"] for one in seen["woo"]["updates"]] == ["completed"]
    assert len(seen["woo"]["notes"]) == 1
    assert set(ChannelNotice.objects.values_list("state", flat=True)) == {"told"}


def test_cancellations_are_told(client: Client, sandbox: Sandbox):
    send_shopify(client, shopify_order(1))
    send_woo(client, woo_order(2))
    work_it_off()
    for number in (1, 2):
        call_off_order(the_order(number).pk, reason="no stock", actor=AGENT)
    work_it_off()

    seen = sandbox.seen()
    assert len(seen["shopify"]["cancellations"]) == 1
    assert [one["status"] for one in seen["woo"]["updates"]] == ["cancelled"]


def test_an_order_nobody_put_there_takes_every_parcel_it_leaves_in(client: Client, sandbox: Sandbox):
    make_stock(N2={"B": 100})
    lines = [shopify_order(1)["line_items"][0] | {"id": number, "sku": sku} for number, sku in ((11, "A"), (12, "B"))]
    send_shopify(client, shopify_order(1, line_items=lines, total_price="40.00"))
    work_it_off()
    for number, row in enumerate(FulfillmentOrder.objects.order_by("pk"), 1):
        ship_fulfillment_order(row.pk, external_id=f"S{number}", parcels=[Parcel(f"T{number}")], actor=AGENT)
        work_it_off()

    told = [one["trackingInfo"]["numbers"] for one in sandbox.seen()["shopify"]["fulfillments"]]
    assert told == [["T1"], ["T2"]]
    assert not StepRun.objects.filter(state="parked").exists()
