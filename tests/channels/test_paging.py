"""Whatever a shop's pages hold and whatever changes between them, no order is passed over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.channels.framework.paging import walk
from apps.channels.framework.shop import Shop
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from apps.outbound import client as outbound_client
from apps.outbound.client import exchange
from tests.channels.shops import ShopServer

SINCE = datetime(2026, 11, 2, 9, tzinfo=UTC)
DATES = {"shopify": ("updated_at", "%Y-%m-%dT%H:%M:%SZ"), "woocommerce": ("date_modified_gmt", "%Y-%m-%dT%H:%M:%S")}


@pytest.fixture(scope="module")
def shops() -> Iterator[ShopServer]:
    """The shop without a wire: hundreds of lists are asked for."""
    server = ShopServer(url="http://shop.test")

    def answer(request: httpx.Request) -> httpx.Response:
        status, body, headers = server.answer("GET", request.url.path, dict(request.url.params), {})
        date = format_datetime(SINCE + timedelta(seconds=110), usegmt=True)
        return httpx.Response(status, content=iter([json.dumps(body).encode()]), headers={"Date": date, **headers})

    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as client,
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr(outbound_client, "_client", lambda: client)
        # What holds across workers is kept in the database; here only the lists are of interest.
        patched.setattr(
            "apps.channels.framework.exchange.call_out", lambda call, *args, **given: exchange(*args, **given)
        )
        yield server


def fill(server: ShopServer, kind: str, seconds: list[int]) -> None:
    server.orders.clear()
    server.requests.clear()
    for number, second in enumerate(seconds, start=1):
        server.orders[str(number)] = {"id": number, "status": "processing"}
        touch(server.orders[str(number)], kind, second)


def touch(order: dict[str, Any], kind: str, second: int) -> None:
    name, form = DATES[kind]
    order[name] = f"{SINCE + timedelta(seconds=second):{form}}"


def given_ids(server: ShopServer, kind: str) -> list[str]:
    shop: Shop = shop_of(Channel(code="c", kind=kind, base_url=server.url, active=True))
    return [
        str(one["id"])
        for listed in walk(partial(shop.changed_orders, shop.listings[-1]), SINCE)
        for one in listed.page.orders
    ]


@pytest.mark.parametrize("kind", list(DATES))
@settings(max_examples=40, deadline=None)
@given(
    page_size=st.integers(1, 12),
    seconds=st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 30, 31]), max_size=60),
    touched=st.lists(st.tuples(st.integers(0, 59), st.integers(100, 105)), max_size=8),
    tells_pages=st.booleans(),
)
def test_every_order_is_given_whatever_the_page_size_the_times_and_the_changes_between_pages(
    shops: ShopServer, kind: str, page_size: int, seconds: list[int], touched: list[tuple[int, int]], tells_pages: bool
):
    fill(shops, kind, seconds)
    changes = [one for one in touched if one[0] < len(seconds)]

    def change_one(server: ShopServer) -> None:
        if changes:
            position, second = changes.pop()
            touch(server.orders[str(position + 1)], kind, second)

    # Shopify always says by its Link whether there is more.
    shops.page_size, shops.tells_pages = page_size, tells_pages or kind == "shopify"
    shops.on_list = change_one

    assert set(given_ids(shops, kind)) == set(shops.orders)


@pytest.mark.parametrize("kind", list(DATES))
def test_320_orders_of_one_second_come_in_with_a_page_of_250_and_of_7(shops: ShopServer, kind: str):
    for page_size in (250, 7):
        fill(shops, kind, [5] * 320)
        shops.page_size, shops.tells_pages, shops.on_list = page_size, True, None
        assert set(given_ids(shops, kind)) == set(shops.orders)


def test_a_shopify_whose_link_was_taken_off_on_the_way_is_gone_through_by_id(shops: ShopServer):
    fill(shops, "shopify", [5] * 320)
    shops.page_size, shops.tells_pages, shops.on_list = 250, False, None

    assert set(given_ids(shops, "shopify")) == set(shops.orders)


def test_a_shop_that_shows_the_same_page_for_ever_is_left_after_a_few(
    shops: ShopServer, monkeypatch: pytest.MonkeyPatch
):
    fill(shops, "woocommerce", [5] * 10)
    shops.on_list = None
    orders = list(shops.orders.values())
    monkeypatch.setattr(shops, "_woo_list", lambda query: (200, orders, {}))

    assert set(given_ids(shops, "woocommerce")) == set(shops.orders)
    assert len(shops.requests) < 20


def test_a_quiet_shop_is_asked_once(shops: ShopServer):
    for kind in DATES:
        fill(shops, kind, [5])
        shops.page_size, shops.tells_pages, shops.on_list = 100, True, None
        given_ids(shops, kind)
        assert len(shops.requests) == 1
