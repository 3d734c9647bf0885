"""Whatever a shop's pages hold and whatever changes between them, no order is passed over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.channels.framework.paging import walk
from apps.channels.framework.shop import Shop
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from tests.channels.shops import ShopServer
from tests.channels.wireless import wireless

SINCE = datetime(2026, 11, 2, 9, tzinfo=UTC)
DATES = {"shopify": ("updated_at", "%Y-%m-%dT%H:%M:%SZ"), "woocommerce": ("date_modified_gmt", "%Y-%m-%dT%H:%M:%S")}


@pytest.fixture(scope="module")
def shops() -> Iterator[ShopServer]:
    """Hundreds of lists are asked for."""
    with wireless(ShopServer(url="http://shop.test"), SINCE + timedelta(seconds=110)) as server:
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
    shop: Shop = shop_of(Channel(code="c", kind=kind, base_url=server.url, active=True, account=""))
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

    # Shopify always says whether there is more.
    shops.page_size, shops.tells_pages = page_size, tells_pages or kind == "shopify"
    shops.on_list = change_one

    assert set(given_ids(shops, kind)) == set(shops.orders)


@pytest.mark.parametrize("kind", list(DATES))
def test_320_orders_of_one_second_come_in_with_a_page_of_250_and_of_7(shops: ShopServer, kind: str):
    for page_size in (250, 7):
        fill(shops, kind, [5] * 320)
        shops.page_size, shops.tells_pages, shops.on_list = page_size, True, None
        assert set(given_ids(shops, kind)) == set(shops.orders)


def test_a_shopify_that_finds_a_page_too_much_for_one_query_is_asked_for_smaller_ones(shops: ShopServer):
    fill(shops, "shopify", list(range(100)))
    shops.page_size, shops.on_list = 250, None
    shops.shopify.most_cost = 300
    try:
        assert set(given_ids(shops, "shopify")) == set(shops.orders)
        assert {query["first"] for _, _, query in shops.requests} == {10, 5, 2}
    finally:
        shops.shopify.most_cost = 1000


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
