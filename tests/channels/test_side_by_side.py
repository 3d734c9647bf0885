"""A new order and its cancellation taken in by two workers at once: it always ends cancelled, and nothing is claimed."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.channels.models import InboxMessage
from apps.channels.services.intake import take_in_messages
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.inventory.models import StockLevel
from apps.orders.models import Hold
from tests.channels.sending import later, send_shopify, shopify_order, the_order
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy, make_stock
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    ChannelFactory(shopify=True)
    make_policy()
    make_stock(N1={"A": 50})


def cancelled(number: int, **changes: object) -> dict[str, object]:
    return shopify_order(number, cancelled_at=later(5), updated_at=later(5), **changes)


@pytest.mark.parametrize("number", range(1, 7))
def test_taken_in_at_once_it_ends_cancelled(client: Client, number: int):
    send_shopify(client, shopify_order(number))
    send_shopify(client, cancelled(number), "orders/cancelled")
    first, second = InboxMessage.objects.order_by("pk").values_list("pk", flat=True)

    at_once(lambda: take_in_messages([first]), lambda: take_in_messages([second]))
    work_it_off()

    assert the_order(number).state == "cancelled"
    assert StockLevel.objects.get().reserved == 0


def test_no_hold_that_a_contract_asks_for_is_placed_once_a_parcel_has_left(client: Client):
    send_shopify(client, shopify_order())
    work_it_off()
    goods = FulfillmentOrder.objects.get()
    ship_fulfillment_order(goods.pk, external_id="S", parcels=[Parcel()], actor=AGENT)
    work_it_off()

    send_shopify(client, shopify_order(financial_status="pending", updated_at=later(9)), "orders/updated")
    work_it_off()

    assert not Hold.objects.exists()


def test_a_cancellation_does_not_take_the_orders_moment_back(client: Client):
    send_shopify(client, shopify_order(updated_at=later(9)))
    work_it_off()
    before = the_order().source_updated_at
    send_shopify(client, {"id": 1, "cancelled_at": later(10), "updated_at": later(10)}, "orders/cancelled")
    work_it_off()

    assert the_order().source_updated_at >= before
