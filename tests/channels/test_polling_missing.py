"""What was thrown away, deleted or taken back in the shop does not ship, also when no webhook says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.models import Channel, InboxMessage
from apps.channels.services.polling import poll_channel
from apps.channels.tasks import poll_all
from apps.core import clock
from apps.orders.models import Order
from tests.channels.sending import later, send_shopify, send_woo, shopify_order, the_order, woo_order
from tests.channels.shops import GRAPHQL, WOO, ShopServer
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
SINCE = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _shops(server: ShopServer) -> None:
    make_policy()
    make_stock(N1={"A": 1000})
    ChannelFactory(woocommerce=True, base_url=server.url, api_key="ck", api_secret="cs", polled_until=SINCE)


@pytest.fixture
def shopify(server: ShopServer) -> None:
    Channel.objects.all().delete()
    ChannelFactory(shopify=True, base_url=server.url, api_secret="shpat_1", polled_until=SINCE)


def poll() -> None:
    poll_all()
    work_it_off()


def in_the_shop(client: Client, server: ShopServer, number: int = 1, **changes: Any) -> Order:
    """An order that came by webhook and stands in the shop."""
    send_woo(client, woo_order(number))
    server.orders[str(number)] = woo_order(number) | changes
    work_it_off()
    return the_order(number)


def test_an_order_moved_to_the_bin_is_cancelled_by_the_next_poll(client: Client, server: ShopServer):
    in_the_shop(client, server, status="trash", date_modified_gmt=later().rstrip("Z"))
    poll()

    assert the_order(1).state == "cancelled"
    assert "trash" in {query.get("status") for _, _, query in server.requests}


def test_one_in_the_bin_whose_time_did_not_change_is_found_by_its_id(client: Client, server: ShopServer):
    in_the_shop(client, server, status="trash")
    Channel.objects.update(polled_until=clock.now())
    poll()

    assert the_order(1).state == "cancelled"


def test_a_deleted_order_is_cancelled_and_its_stock_freed(client: Client, server: ShopServer):
    in_the_shop(client, server)
    in_the_shop(client, server, 2)
    del server.orders["1"]
    poll()

    assert (the_order(1).state, the_order(2).state) == ("cancelled", "released")
    assert the_order(1).cancel_reason


def test_one_taken_back_to_a_draft_is_cancelled(client: Client, server: ShopServer):
    in_the_shop(client, server, status="checkout-draft")
    poll()

    assert the_order(1).state == "cancelled"


def test_a_deletion_is_said_once(client: Client, server: ShopServer):
    in_the_shop(client, server)
    server.orders.clear()
    poll()
    poll()

    assert InboxMessage.objects.filter(topic="order.deleted").count() == 1


def test_a_deleted_shopify_order_is_cancelled(client: Client, server: ShopServer, shopify: None):
    send_shopify(client, shopify_order(1))
    work_it_off()
    poll()

    assert the_order().state == "cancelled"


def test_a_shopify_order_too_old_to_be_shown_is_not_taken_for_deleted(
    client: Client, server: ShopServer, shopify: None
):
    send_shopify(client, shopify_order(1, created_at=f"{clock.now() - timedelta(days=59):%Y-%m-%dT%H:%M:%SZ}"))
    work_it_off()
    poll()

    assert the_order().state == "released"


@pytest.mark.parametrize("where", [f"GET {WOO}/orders/1"])
def test_a_404_that_speaks_of_the_address_cancels_nothing(client: Client, server: ShopServer, where: str):
    in_the_shop(client, server)
    server.orders.clear()
    server.fail(where, 404)
    poll()

    assert the_order(1).state == "released"


def test_a_shop_that_lost_most_orders_at_once_cancels_none_and_somebody_hears(client: Client, server: ShopServer):
    for number in range(1, 9):
        in_the_shop(client, server, number)
    server.orders.clear()
    poll()

    assert not Order.objects.filter(state="cancelled").exists()
    assert "no longer has 8 of 8 open orders" in ExceptionCase.objects.get().sentence


def test_an_order_that_no_shop_sent_is_not_looked_for(client: Client, server: ShopServer):
    in_the_shop(client, server)
    InboxMessage.objects.update(topic="order.create")
    server.orders.clear()
    poll()

    assert the_order(1).state == "released"


def test_320_orders_of_one_second_come_in_over_the_wire(server: ShopServer, shopify: None):
    server.page_size = 250
    server.orders = {str(number): shopify_order(number) for number in range(1, 321)}

    assert poll_channel(Channel.objects.get().pk) == 320
    assert any(asked["after"] for _, path, asked in server.requests if path == f"{GRAPHQL} OrdersChanged")


def test_a_shop_whose_clock_is_slow_is_asked_by_its_own_time(server: ShopServer, monkeypatch: pytest.MonkeyPatch):
    with clock.moved(timedelta(hours=1)):
        poll_channel(Channel.objects.get().pk)

    assert Channel.objects.get().polled_until < clock.now() + timedelta(minutes=1)
