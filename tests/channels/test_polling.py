"""Asking shops for orders that no webhook brought."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.models import Channel, InboxMessage
from apps.channels.services.polling import poll_channel
from apps.channels.tasks import poll_all
from apps.channels.verdict_reasons import NEW_ORDER
from apps.core import clock
from apps.orchestration.models import RunState, StepRun
from apps.orders.models import Order
from tests.channels.sending import later, send_shopify, send_woo, shopify_order, the_order, verdicts, woo_order
from tests.channels.shops import GRAPHQL, WOO, ShopServer
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop(server: ShopServer) -> None:
    make_policy()
    make_stock(N1={"A": 1000})
    since = datetime(2026, 11, 2, tzinfo=UTC)
    keys = {"base_url": server.url, "api_key": "ck", "api_secret": "cs", "polled_until": since}
    ChannelFactory(woocommerce=True, **keys)


def poll() -> None:
    poll_all()
    work_it_off()


def listings(server: ShopServer) -> list[tuple[str, str, dict[str, str]]]:
    """What was asked for but the bin and single orders."""
    return [
        one
        for one in server.requests
        if one[1] == f"{WOO}/orders" and one[2].get("orderby") and one[2]["status"] == "any"
    ]


def test_an_order_whose_webhook_was_lost_comes_in(server: ShopServer):
    server.orders["1"] = woo_order(1)

    poll()

    assert verdicts() == [("accepted", NEW_ORDER)]
    assert the_order(1).state == "released"
    method, path, query = listings(server)[0]
    assert (method, path) == ("GET", f"{WOO}/orders")
    # WooCommerce leaves the second out that it is given.
    assert (query["modified_after"], query["dates_are_gmt"]) == ("2026-11-01T23:54:59", "true")
    assert server.headers[0]["Authorization"] == "Basic Y2s6Y3M="


@pytest.mark.parametrize("webhook_first", [True, False])
def test_webhook_and_poll_together_make_one_order(client: Client, server: ShopServer, webhook_first: bool):
    server.orders["1"] = woo_order(1)
    if webhook_first:
        send_woo(client, woo_order(1))
        work_it_off()
    poll()
    if not webhook_first:
        send_woo(client, woo_order(1))
        work_it_off()

    assert Order.objects.count() == 1
    assert [verdict for verdict, _ in verdicts()] == (["accepted"] if webhook_first else ["accepted", "duplicate"])


def test_polling_again_stores_nothing_again(server: ShopServer):
    server.orders["1"] = woo_order(1, status="pending", date_paid_gmt=None)
    poll()
    Channel.objects.update(polled_until=datetime(2026, 11, 2, tzinfo=UTC))
    poll()

    assert InboxMessage.objects.count() == 1


def test_a_change_whose_webhook_was_lost_is_found(client: Client, server: ShopServer):
    send_woo(client, woo_order(1))
    work_it_off()
    server.orders["1"] = woo_order(1, status="cancelled", date_modified_gmt=later().rstrip("Z"))

    poll()

    assert the_order(1).state == "cancelled"


def test_the_next_window_begins_a_little_before_the_last_one_ended(server: ShopServer):
    poll()
    ended = Channel.objects.get().polled_until
    assert abs(clock.now() - ended) < timedelta(seconds=30)
    poll()

    assert listings(server)[1][2]["modified_after"] == f"{ended - timedelta(minutes=5, seconds=1):%Y-%m-%dT%H:%M:%S}"


def test_many_pages_are_gone_through_by_time(server: ShopServer):
    for number in range(1, 251):
        moment = datetime(2026, 11, 2, 9, tzinfo=UTC) + timedelta(seconds=number)
        server.orders[str(number)] = woo_order(number, date_modified_gmt=f"{moment:%Y-%m-%dT%H:%M:%S}")

    assert poll_channel(Channel.objects.get().pk) == 250

    assert [query["page"] for _, _, query in listings(server)] == ["1"] * 3
    assert len({query["modified_after"] for _, _, query in listings(server)}) == 3


def test_more_orders_in_one_second_than_a_page_holds_are_gone_through_by_page(server: ShopServer):
    for number in range(1, 231):
        server.orders[str(number)] = woo_order(number)

    assert poll_channel(Channel.objects.get().pk) == 230


def test_a_page_that_fails_loses_nothing_of_those_before_it(server: ShopServer):
    for number in range(1, 151):
        moment = datetime(2026, 11, 2, 9, tzinfo=UTC) + timedelta(seconds=number)
        server.orders[str(number)] = woo_order(number, date_modified_gmt=f"{moment:%Y-%m-%dT%H:%M:%S}")
    poll_all()
    server.fail(f"GET {WOO}/orders", 200)
    work_it_off()
    for _ in range(3):
        with clock.moved(timedelta(minutes=5)):
            work_it_off()

    assert Order.objects.count() == 150


def test_a_shop_that_asks_for_quiet_is_left_alone_until_then(server: ShopServer):
    server.orders["1"] = woo_order(1)
    server.fail(f"GET {WOO}/orders", 429, Retry_After="120")
    poll()

    run = StepRun.objects.get(step="poll_channel")
    assert (run.state, run.attempts) == (RunState.DUE, 0)
    assert timedelta(seconds=100) < run.due_at - clock.now() <= timedelta(seconds=120)
    with clock.moved(timedelta(seconds=121)):
        work_it_off()
    assert Order.objects.count() == 1


def test_a_shop_that_refuses_us_is_put_before_a_person(server: ShopServer):
    server.fail(f"GET {WOO}/orders", 401)
    poll()

    case = ExceptionCase.objects.get()
    assert case.type == "dead_letter"
    assert f"woo declined GET {WOO}/orders: no. Its access was taken back" in case.sentence


def test_a_shop_that_is_away_keeps_no_other_from_being_asked(server: ShopServer):
    ChannelFactory(code="gone", kind="woocommerce", base_url="http://127.0.0.1:9", name="Gone")
    server.orders["1"] = woo_order(1)

    poll()

    assert Order.objects.count() == 1


def test_channels_without_an_address_are_not_asked(server: ShopServer):
    Channel.objects.update(base_url="")
    poll()

    assert not server.requests
    assert not StepRun.objects.exists()


def test_shopify_is_asked_the_same_way(client: Client, server: ShopServer):
    ChannelFactory(
        shopify=True, base_url=server.url, api_secret="shpat_1", polled_until=datetime(2026, 11, 2, tzinfo=UTC)
    )
    Channel.objects.filter(code="woo").delete()
    server.orders = {str(number): shopify_order(number) for number in (1, 2)}
    send_shopify(client, shopify_order(1))

    poll()

    assert Order.objects.count() == 2
    method, path, asked = server.requests[0]
    assert (method, path) == ("GET", f"{GRAPHQL} OrdersChanged")
    assert asked["query"] == "updated_at:>='2026-11-01T23:55:00Z'"
    assert server.headers[0]["X-Shopify-Access-Token"] == "shpat_1"
