"""A new order and its cancellation taken in by two workers at once: it always ends cancelled, and nothing is claimed."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.test import Client

from apps.channels.models import InboxMessage
from apps.channels.services.intake import take_in_messages
from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.inventory.models import StockLevel
from apps.orders.models import Hold
from tests.channels.sending import later, send_shopify, send_woo, shopify_order, the_order, verdicts, woo_order
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    ChannelFactory(shopify=True)
    make_policy()
    make_stock(N1={"A": 50})


def cancelled(number: int, **changes: object) -> dict[str, object]:
    return shopify_order(number, cancelled_at=later(5), updated_at=later(5), **changes)


def test_taken_in_at_once_it_ends_cancelled(client: Client):
    """Forced: the second is taken in while the first, already read, is not committed yet, and has to wait for it."""
    send_shopify(client, shopify_order())
    send_shopify(client, cancelled(1), "orders/cancelled")
    first, second = InboxMessage.objects.order_by("pk").values_list("pk", flat=True)

    def other() -> None:
        take_in_messages([second])
        connections.close_all()

    worker = threading.Thread(target=other)
    with transaction.atomic():
        take_in_messages([first])
        worker.start()
        worker.join(1.5)
        assert worker.is_alive(), "it looked for an order that nobody can see yet"
    worker.join(20)
    assert [verdict for verdict, _ in verdicts()] == ["accepted", "accepted"]
    work_it_off()

    assert the_order().state == "cancelled"
    assert StockLevel.objects.get().reserved == 0


def test_no_hold_that_a_contract_asks_for_is_placed_once_a_parcel_has_left(client: Client):
    ChannelFactory(woocommerce=True)
    send_woo(client, woo_order())
    work_it_off()
    goods = FulfillmentOrder.objects.get()
    ship_fulfillment_order(goods.pk, external_id="S", parcels=[Parcel()], actor=AGENT)
    work_it_off()

    # A refund that names no units, of which the contract asks for a hold.
    refunded = woo_order(refunds=[{"id": 5, "total": "-3.00"}], date_modified_gmt="2026-11-02T09:30:00")
    send_woo(client, refunded, "order.updated", webhook_id="2")
    work_it_off()

    assert not Hold.objects.exists()
    assert verdicts()[-1][0] == "accepted", "what can not be held any more is taken in all the same"


def test_a_cancellation_does_not_take_the_orders_moment_back(client: Client):
    """A shop whose clock is ahead: what it said before the cancellation stays older than what it says after it."""
    ahead = (clock.now() + timedelta(minutes=2)).isoformat()
    send_shopify(client, shopify_order(updated_at=ahead))
    work_it_off()
    before = the_order().source_updated_at
    send_shopify(client, {"id": 1}, "orders/delete")
    work_it_off()

    assert the_order().state == "cancelled"
    assert the_order().source_updated_at == before
