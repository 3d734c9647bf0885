"""Shopify on its bad days: credentials that no longer do, budgets that are used up, lists that change under the reader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.errors import ShopBusy, ShopRefused
from apps.channels.framework.stock import Article, Figure
from apps.channels.models import Channel, ChannelToken, InboxMessage
from apps.channels.services.connecting import shop_of
from apps.channels.services.polling import poll_channel
from apps.channels.tasks import poll_all
from apps.core import clock
from apps.orders.models import Order, OrderLine
from orchestrator.sandbox import Sandbox, start
from tests.channels.sending import later, send_shopify, shopify_order, the_order, verdicts
from tests.channels.shops import GRAPHQL, ShopServer
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
SINCE = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def channel(server: ShopServer) -> Channel:
    make_policy()
    make_stock(N1={"A": 1000})
    made: Channel = ChannelFactory(shopify=True, base_url=server.url, api_secret="shpat_1", polled_until=SINCE)
    return made


def poll() -> None:
    poll_all()
    work_it_off()


def errors(code: str, message: str) -> tuple[int, Any, dict[str, str]]:
    return 200, {"errors": [{"message": message, "extensions": {"code": code}}]}, {}


# --- credentials


def test_a_token_that_was_taken_back_is_put_before_a_person_and_no_order_is_touched(
    client: Client, channel: Channel, server: ShopServer
):
    send_shopify(client, shopify_order(1))
    work_it_off()
    server.fail("GET", 401)
    poll()

    assert the_order(1).state == "released"
    assert "shop declined OrdersChanged: no. Its access was taken back" in ExceptionCase.objects.get().sentence


def test_a_missing_scope_is_named_in_the_case(channel: Channel, server: ShopServer):
    said = "Access denied for orders field. Required access: `read_orders` access scope."
    server.failures.append((f"GET {GRAPHQL} OrdersChanged", errors("ACCESS_DENIED", said), False))
    poll()

    assert "Required access: `read_orders` access scope." in ExceptionCase.objects.get().sentence


def test_the_connection_report_names_what_is_missing(channel: Channel, server: ShopServer):
    server.shopify.office.scopes = ["read_orders", "write_inventory"]
    report: Any = shop_of(channel).check_connection()

    assert (report.account, report.currency, report.country) == ("harbour-and-pine.myshopify.com", "GBP", "GB")
    assert [one.name for one in report.missing] == [
        "write_orders",
        "read_merchant_managed_fulfillment_orders",
        "write_merchant_managed_fulfillment_orders",
        "read_customers",
    ]
    assert {one.name for one in report.scopes if one.granted} == {"read_orders", "read_inventory", "write_inventory"}


def test_credentials_of_another_shop_bring_none_of_its_orders_and_set_none_of_its_stock(
    channel: Channel, server: ShopServer
):
    Channel.objects.update(account="harbour-and-pine.myshopify.com")
    channel.refresh_from_db()
    server.shopify.office.domain = "somebody-else.myshopify.com"
    server.orders["1"] = shopify_order(1)
    made = server.shopify.stock.put({"sku": "A", "available": 3})
    article = Article(external_id=str(made["id"]), stock_id=str(made["item"]))
    poll()

    assert not Order.objects.exists()
    said = "These credentials are of somebody-else.myshopify.com, and the channel is connected to harbour-and-pine.myshopify.com."
    assert said in ExceptionCase.objects.get().sentence
    with pytest.raises(ShopRefused):
        shop_of(channel).send_stock([Figure(article=article, available=9, shown=3, ref="r")])
    assert server.shopify.stock.shown("A") == [3]
    assert shop_of(channel).check_connection().account == "somebody-else.myshopify.com"


def test_a_webhook_of_another_shop_is_refused_in_words_and_read_once_the_account_is_right(
    client: Client, channel: Channel
):
    Channel.objects.update(account="harbour-and-pine.myshopify.com")
    body, domain = shopify_order(1), {"X-Shopify-Shop-Domain": "other.myshopify.com"}
    send_shopify(client, body, headers=domain)
    work_it_off()

    assert not Order.objects.exists()
    assert verdicts() == [
        ("rejected", "it is from other.myshopify.com, and this channel is connected to harbour-and-pine.myshopify.com")
    ]
    send_shopify(client, body, headers={"X-Shopify-Shop-Domain": "Harbour-and-Pine.myshopify.com"})
    work_it_off()
    assert Order.objects.count() == 1


def test_the_old_secret_is_good_while_it_is_rotated_and_not_after(client: Client, channel: Channel):
    until = clock.now() + timedelta(hours=1)
    Channel.objects.update(secret="new-secret", previous_secret="s3cret", previous_until=until)

    assert send_shopify(client, shopify_order(1)).status_code == 200
    assert send_shopify(client, shopify_order(2), secret="new-secret").status_code == 200
    with clock.moved(timedelta(hours=1, minutes=1)):
        assert send_shopify(client, shopify_order(3)).status_code == 401
    assert InboxMessage.objects.count() == 2


@pytest.fixture
def sandbox() -> Any:
    running = start(secret="sandbox-signs")
    yield running
    running.stop()


def of_an_app(sandbox: Sandbox) -> Channel:
    sandbox.shopify.tokens = {"nobody has one yet"}
    keys = {"api_key": "client", "api_secret": "shpss_1"}
    made: Channel = ChannelFactory(shopify=True, base_url=f"{sandbox.url}/shopify", polled_until=SINCE, **keys)
    return made


def test_an_app_of_the_shops_own_gets_its_token_by_its_secret_and_a_fresh_one_in_time(sandbox: Sandbox):
    channel = of_an_app(sandbox)
    for _ in range(2):
        shop_of(channel).check_connection()
    assert [one["grant_type"] for one in sandbox.shopify.token_requests] == ["client_credentials"]

    with clock.moved(timedelta(minutes=59)):
        shop_of(channel).check_connection()
    assert len(sandbox.shopify.token_requests) == 2


def test_an_expiring_token_is_renewed_by_a_refresh_token_that_is_used_once(sandbox: Sandbox):
    channel = of_an_app(sandbox)
    ChannelToken.objects.create(
        channel=channel, access_token="old", refresh_token="shprt_1", expires_at=clock.now() - timedelta(minutes=1)
    )
    shop_of(channel).check_connection()

    (asked,) = sandbox.shopify.token_requests
    assert (asked["grant_type"], asked["refresh_token"]) == ("refresh_token", "shprt_1")
    kept = ChannelToken.objects.get()
    assert kept.refresh_token.startswith("shprt_")
    assert kept.refresh_token != "shprt_1"


# --- the budget


def test_a_used_up_budget_is_waited_for_as_long_as_it_takes_to_fill(channel: Channel, server: ShopServer):
    shop = server.shopify
    shop.most_in_bucket, shop.bucket, shop.restores = 1000.0, 10.0, 4.0
    asked: Any = shop_of(channel)

    with pytest.raises(ShopBusy) as busy:
        asked.changed_orders("", SINCE, None, "")
    # A page costs 854, and 10 are there: 844 at 4 a second.
    assert timedelta(seconds=205) < busy.value.until - clock.now() < timedelta(seconds=212)


def test_a_call_that_would_overdraw_the_budget_is_not_made(channel: Channel, server: ShopServer):
    shop = server.shopify
    shop.most_in_bucket, shop.bucket, shop.restores = 1000.0, 900.0, 1.0
    asked: Any = shop_of(channel)
    asked.changed_orders("", SINCE, None, "")
    before = len(server.requests)

    with pytest.raises(ShopBusy):
        asked.changed_orders("", SINCE, None, "")
    assert len(server.requests) == before


def test_a_small_stores_bucket_is_asked_for_less_at_once(channel: Channel, server: ShopServer):
    server.shopify.most_in_bucket = server.shopify.bucket = 40.0
    server.orders["1"] = shopify_order(1)
    poll()

    asked = [one["first"] for _, path, one in server.requests if "OrdersChanged" in path]
    assert asked[:4] == [10, 5, 2, 1]
    assert Order.objects.count() == 1


def test_throttled_for_an_hour_nothing_is_lost_and_nobody_is_bothered(channel: Channel, server: ShopServer):
    server.orders["1"] = shopify_order(1)
    for _ in range(30):
        server.failures.append((f"GET {GRAPHQL} OrdersChanged", errors("THROTTLED", "Throttled"), False))
    poll()
    for minutes in range(2, 62, 2):
        with clock.moved(timedelta(minutes=minutes)):
            work_it_off()

    assert Order.objects.count() == 1
    assert not ExceptionCase.objects.exists()


# --- lists that change under the reader


def test_an_order_edited_between_its_pages_is_read_again_and_holds_together(channel: Channel, server: ShopServer):
    lines = [{"id": 100 + n, "sku": "A", "title": "Thing", "quantity": 1, "price": "1.00"} for n in range(120)]
    server.orders["1"] = shopify_order(1, line_items=lines, total_price="120.00")
    edited = []

    def edit(body: dict[str, Any]) -> None:
        if body["operationName"] == "OrderLines" and not edited:
            edited.append(True)
            server.orders["1"]["line_items"] = lines[:60]
            server.orders["1"] |= {"updated_at": later(), "total_price": "60.00"}

    server.on_shopify = edit
    poll_channel(channel.pk)
    work_it_off()

    assert edited
    assert OrderLine.objects.count() == 60
    assert not ExceptionCase.objects.exists()


def test_an_order_with_more_refunds_than_a_list_shows_is_read_whole(channel: Channel, server: ShopServer):
    refunds = [
        {"id": n, "refund_line_items": [{"line_item_id": 11, "quantity": 1, "restock_type": "cancel"}]}
        for n in range(7)
    ]
    line = {"id": 11, "sku": "A", "title": "Thing", "quantity": 9, "price": "10.00"}
    server.orders["1"] = shopify_order(
        1, line_items=[line], refunds=refunds, total_price="90.00", current_total_price="20.00"
    )
    poll()

    assert OrderLine.objects.get().quantity == 2


def test_a_gateways_page_is_no_list(channel: Channel, server: ShopServer):
    server.failures.append((f"GET {GRAPHQL} OrdersChanged", (200, {"data": {"orders": None}}, {}), False))
    server.orders["1"] = shopify_order(1)
    poll()
    with clock.moved(timedelta(minutes=5)):
        work_it_off()

    assert Order.objects.count() == 1
