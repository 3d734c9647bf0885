"""A BigCommerce store: shipments by address and parcel, stock, catalog, connecting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.channels.adapters.bigcommerce.catalog import PER_LOOK
from apps.channels.adapters.bigcommerce.connecting import SECRET_HEADER, TOPICS
from apps.channels.errors import ShopBusy, ShopDeclined, ShopUnreachable
from apps.channels.framework.catalog import CatalogItem
from apps.channels.framework.shop import OrderNote, Parcel, ShipmentReport, Shop
from apps.channels.framework.stock import Article, Figure
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from apps.core import clock
from orchestrator.sandbox.shops.bigcommerce import BigCommerce
from tests.channels.bigcommerce import bigcommerce_channel, bigcommerce_line, bigcommerce_order
from tests.channels.simulated import Simulated, simulated
from tests.factories import make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
HOOK = "https://orders.example/hooks/bigcommerce/big/"


@pytest.fixture
def server() -> Iterator[Simulated[BigCommerce]]:
    make_policy()
    make_stock(N1={"A": 100, "B": 100})
    with simulated(BigCommerce) as running:
        yield running


@pytest.fixture
def big(server: Simulated[BigCommerce]) -> BigCommerce:
    return server.shop


@pytest.fixture
def channel(server: Simulated[BigCommerce]) -> Channel:
    return bigcommerce_channel(server.url, polled_until=datetime(2026, 11, 2, tzinfo=UTC))


@pytest.fixture
def shop(channel: Channel) -> Shop:
    return shop_of(channel)


# --- what became of them


def report(units: dict[str, int], *parcels: Parcel, complete: bool = True) -> ShipmentReport:
    return ShipmentReport("shp_1", "7", units, parcels, complete)


def test_each_parcel_and_address_is_a_shipment_and_the_order_follows(big: BigCommerce, shop: Shop):
    lines = [bigcommerce_line(71, "A", 2), bigcommerce_line(72, "B", 1, order_address_id=98)]
    big.put(bigcommerce_order(7, products=lines, items_total=3))
    parcels = [
        Parcel("Royal Mail", "R1", "", {"71": 1}),
        Parcel("Some courier", "C" * 60, "https://courier.example/C", {"71": 1, "72": 1}),
    ]

    said = shop.report_shipment(report({"71": 2, "72": 1}, *parcels), check_first=False)

    told = [(one["order_address_id"], one["tracking_number"], one["shipping_provider"]) for one in big.shipments]
    assert told == [(97, "R1", "royalmail"), (97, "C" * 50, ""), (98, "C" * 50, "")]
    assert [one.get("tracking_link") for one in big.shipments] == [None, *["https://courier.example/C"] * 2]
    assert (big.orders["7"]["status_id"], said) == (2, "sent to the shop; the order is shipped there")


def test_a_shipment_whose_answer_was_lost_is_not_sent_again(
    big: BigCommerce, shop: Shop, server: Simulated[BigCommerce]
):
    big.put(bigcommerce_order(7, products=[bigcommerce_line(71, "A", 3)], items_total=3))
    server.fail("POST", 503, after=True)
    first = report({"71": 1}, Parcel("UPS", "U1", ""), complete=False)
    with pytest.raises(ShopUnreachable):
        shop.report_shipment(first, check_first=False)

    assert shop.report_shipment(first, check_first=True) == "the shop had it already"
    assert [one["items"] for one in big.shipments] == [[{"order_product_id": 71, "quantity": 1}]]
    assert big.orders["7"]["status_id"] == 3


def test_what_somebody_marked_as_shipped_there_by_hand_is_not_said_again(big: BigCommerce, shop: Shop):
    big.put(bigcommerce_order(7, products=[bigcommerce_line(71, "A", 2, quantity_shipped=2)], status_id=2))

    assert shop.report_shipment(report({"71": 2}), check_first=False) == "the shop had it already"
    assert (big.shipments, big.updates) == ([], [])


def test_a_cancellation_ends_the_order_and_an_ended_one_is_left_alone(big: BigCommerce, shop: Shop):
    big.put(bigcommerce_order(7)), big.put(bigcommerce_order(8, status_id=4))
    shop.report_cancellation("7", check_first=False)
    shop.report_cancellation("7", check_first=True)
    shop.report_cancellation("8", check_first=False)

    assert big.updates == [{"order_id": 7, "status_id": 5}]
    assert big.orders["8"]["status_id"] == 4


def test_a_note_is_added_to_those_of_the_staff_once(big: BigCommerce, shop: Shop):
    big.put(bigcommerce_order(7, staff_notes="Send Saturday"))
    note = OrderNote("evt_1", "7", "Cancelled: 1 x Thing.")
    for again in (False, True):
        shop.add_note(note, check_first=again)

    assert big.orders["7"]["staff_notes"] == "Send Saturday\nCancelled: 1 x Thing. (ref. evt_1)"
    assert len(big.updates) == 1


# --- stock


def article(variant: dict[str, Any]) -> Article:
    return Article(external_id=str(variant["id"]), code=variant["sku"])


def test_one_refused_of_a_hundred_keeps_no_other_from_being_taken(
    big: BigCommerce, shop: Shop, server: Simulated[BigCommerce]
):
    rows = [big.shelf.put({"sku": f"P-{number}", "available": 1}) for number in range(100)]
    figures = [Figure(article=article(row), available=5, shown=None, ref="r") for row in rows]
    gone = next(pk for pk, one in big.shelf.products.items() if one["sku"] == "P-40")
    del big.shelf.products[gone]

    results = {one.article.code: one for one in shop.send_stock(figures)}

    assert [code for code, one in results.items() if not one.taken] == ["P-40"]
    assert "Variants not found" in results["P-40"].refusal
    assert len(server.asked("PUT")) <= 15
    assert {one.available for one in shop.read_stock([article(row) for row in rows if row["sku"] != "P-40"])} == {5}
    assert [one.available for one in shop.read_stock([article(rows[40])])] == [None]


def test_stock_goes_to_the_location_that_is_set(big: BigCommerce, channel: Channel):
    row = big.shelf.put({"sku": "A", "available": 1})
    channel.settings = {"stock_location": "2"}
    channel.save()

    shop_of(channel).send_stock([Figure(article=article(row), available=9, shown=None, ref="r")])

    assert big.shelf.levels[row["id"]] == {1: 1, 2: 9}
    assert [one.available for one in shop_of(channel).read_stock([article(row)])] == [9]


def test_what_it_is_not_known_by_is_refused_and_the_rest_taken(big: BigCommerce, shop: Shop):
    row = big.shelf.put({"sku": "A"})
    odd = Figure(article=Article(external_id="A", code="ODD"), available=1, shown=None, ref="r")

    results = shop.send_stock([odd, Figure(article=article(row), available=3, shown=None, ref="r")])

    assert [(one.article.code, one.taken) for one in results] == [("ODD", False), ("A", True)]


def test_calls_end_when_they_are_used_up_and_go_on_when_there_are_more(big: BigCommerce, channel: Channel):
    row = big.shelf.put({"sku": "A"})
    figures = [Figure(article=article(row), available=3, shown=None, ref="r")]
    big.calls_left = 1
    shop = shop_of(channel)
    shop.send_stock(figures)

    with pytest.raises(ShopBusy) as busy:
        shop.send_stock(figures)
    assert timedelta(seconds=10) < busy.value.until - clock.now() <= timedelta(seconds=15)
    big.reset_ms = 4_000
    with pytest.raises(ShopBusy) as busy:
        shop_of(channel).send_stock(figures)
    assert timedelta(seconds=1) < busy.value.until - clock.now() <= timedelta(seconds=4)
    assert len(big.shelf.received) == 1


# --- catalog


def catalog(shop: Shop) -> list[CatalogItem]:
    items, mark = list[CatalogItem](), ""
    while True:
        page = shop.catalog_page(mark)
        items += page.items
        mark = page.next
        if not mark:
            return items


def test_variants_are_read_with_what_the_store_says_of_them(big: BigCommerce, shop: Shop):
    big.shelf.put(
        {
            "sku": "A",
            "title": "Tea",
            "barcode": "4006381333931",
            "price": "12.50",
            "cost": "4",
            "weight_g": 250,
            "available": 4,
        }
    )
    big.shelf.put(
        {"sku": "S-BLUE", "title": "Shirt", "options": ["blue"], "available": 2, "picture": "https://big.example/s.jpg"}
    )
    big.shelf.put({"sku": "OFF", "tracked": False, "active": False})

    found = {one.article.code: one for one in catalog(shop)}

    assert sorted(found) == ["A", "OFF", "S-BLUE"]
    tea, shirt, off = found["A"], found["S-BLUE"], found["OFF"]
    assert (tea.title, tea.barcodes, tea.weight_g, tea.price, tea.cost) == (
        "Tea", ["4006381333931"], 250, Decimal("12.5"), Decimal("4.0"),
    )  # fmt: skip
    assert (tea.currency, tea.tracked, tea.available) == ("GBP", True, {"": 4})
    assert (list(shirt.options), list(shirt.option_names), shirt.picture) == (
        ["blue"],
        ["Option"],
        "https://big.example/s.jpg",
    )
    assert (off.tracked, off.available, off.active) == (False, None, False)


def test_products_deleted_while_it_is_read_hide_no_other(big: BigCommerce, channel: Channel):
    rows = [big.shelf.put({"sku": f"P-{number}"}) for number in range(2 * PER_LOOK + 5)]
    first = shop_of(channel).catalog_page("")
    for row in rows[:10]:
        del big.shelf.products[row["product_id"]]
    codes, mark = {one.article.code for one in first.items}, first.next
    while mark:
        page = shop_of(channel).catalog_page(mark)
        codes |= {one.article.code for one in page.items}
        mark = page.next

    assert len(codes) == len(rows)


def test_locations_are_read_to_be_matched(shop: Shop):
    assert [(one.external_id, one.name, one.postal_code) for one in shop.locations()] == [
        ("1", "Leeds warehouse", "LS1 1AA"), ("2", "York shop", "YO1 9ND"),
    ]  # fmt: skip


# --- connecting


def test_the_test_call_says_whose_store_it_is_and_changes_nothing(big: BigCommerce, shop: Shop):
    big.office.tokens = {"token": {"information", "orders:write", "products", "inventory:write", "locations"}}
    found = shop.check_connection()

    assert (found.shop_name, found.account, found.currency) == ("Canary store", "canary.example", "GBP")
    assert (found.missing, [one.name for one in found.scopes if not one.granted]) == ([], [])
    assert (big.updates, big.shipments, big.shelf.received, big.office.hooks) == ([], [], [], {})


def test_a_scope_that_is_missing_is_named(big: BigCommerce, shop: Shop):
    big.office.tokens = {"token": {"information", "orders", "products", "inventory"}}

    found = shop.check_connection()

    assert [one.name for one in found.missing] == ["store_v2_orders"]
    assert [one.name for one in found.scopes if not one.granted] == [
        "store_v2_orders", "store_inventory", "store_locations_read_only",
    ]  # fmt: skip


def test_a_token_that_was_revoked_says_so(big: BigCommerce, shop: Shop):
    big.office.tokens = {"another": {"information"}}

    with pytest.raises(ShopDeclined) as refused:
        shop.check_connection()
    assert "Unauthorized" in refused.value.sentence


@pytest.mark.parametrize("path", ["", "/", "/v3", "/v3/", "/v2/"])
def test_the_api_path_is_taken_as_it_is_shown(channel: Channel, path: str):
    channel.base_url += path

    assert shop_of(channel).check_connection().shop_name == "Canary store"


def test_all_webhooks_are_registered_once_and_switched_on_again(big: BigCommerce, shop: Shop):
    made = shop.register_hooks(HOOK, "one")
    big.office.switch_off("store/order/updated")
    again = shop.register_hooks(HOOK, "another")

    assert sorted(one.topic for one in again) == sorted(TOPICS)
    assert [one.external_id for one in made] == [one.external_id for one in again]
    assert all(one.active for one in shop.hooks())
    assert {json.dumps(one["headers"]) for one in big.office.hooks.values()} == {json.dumps({SECRET_HEADER: "another"})}
