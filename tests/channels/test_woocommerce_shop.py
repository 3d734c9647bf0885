"""A WooCommerce shop by its keys: stock out and read back, catalog, tracking, what the keys allow, webhooks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from apps.channels.adapters.woocommerce.catalog import PER_LOOK
from apps.channels.adapters.woocommerce.connecting import TOPICS
from apps.channels.errors import ShopBusy, ShopDeclined, ShopRefused, ShopUnreachable
from apps.channels.framework.catalog import CatalogItem
from apps.channels.framework.shop import Parcel, ShipmentReport, Shop
from apps.channels.framework.stock import Article, Figure, FigureResult
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from orchestrator.sandbox import Sandbox, start
from orchestrator.sandbox.shops.woocommerce import WooCommerce
from tests.channels.sending import woo_order
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db(transaction=True)
HOOK = "https://orders.example/hooks/woocommerce/woo/"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    running = start(secret="sandbox-signs")
    running.woo.strict = True
    yield running
    running.stop()


@pytest.fixture
def woo(sandbox: Sandbox) -> WooCommerce:
    return sandbox.woo


@pytest.fixture
def channel(sandbox: Sandbox) -> Channel:
    made: Channel = ChannelFactory(woocommerce=True, base_url=f"{sandbox.url}/woo", api_key="ck", api_secret="cs")
    return made


@pytest.fixture
def shop(channel: Channel) -> Shop:
    return shop_of(channel)


def article(row: dict[str, Any]) -> Article:
    return Article(external_id=str(row["id"]), stock_id=str(row.get("parent_id") or ""), code=row["sku"])


def figure(row: dict[str, Any], units: int) -> Figure:
    return Figure(article=article(row), available=units, shown=None, ref="r")


def by_code(results: list[FigureResult]) -> dict[str, FigureResult]:
    return {one.article.code: one for one in results}


# --- stock


def test_products_and_variations_are_sent_and_counted_from_then_on(woo: WooCommerce, shop: Shop):
    plain = woo.shelf.put({"sku": "A"})
    blue, red = (woo.shelf.put({"sku": sku, "title": "Shirt", "options": [sku]}) for sku in ("S-BLUE", "S-RED"))

    results = shop.send_stock([figure(plain, 3), figure(blue, 0), figure(red, 7)])

    assert [(one.taken, one.refusal) for one in results] == [(True, "")] * 3
    assert [(row["manage_stock"], row["stock_quantity"]) for row in (plain, blue, red)] == [
        (True, 3), (True, 0), (True, 7),
    ]  # fmt: skip
    read = {one.article.code: one.available for one in shop.read_stock([article(one) for one in (plain, blue, red)])}
    assert read == {"A": 3, "S-BLUE": 0, "S-RED": 7}


def test_one_refused_of_a_hundred_keeps_no_other_from_being_taken(woo: WooCommerce, shop: Shop):
    # Ids as long as those of a shop that is a few years old: a hundred of them make a long address.
    woo.shelf._numbers = itertools.count(1_000_000)
    rows = [woo.shelf.put({"sku": f"P-{number}", "available": 1}) for number in range(100)]
    gone = dict(rows[40])
    del woo.shelf.products[gone["id"]]

    results = by_code(list(shop.send_stock([figure(row, 5) for row in rows])))

    assert [code for code, one in results.items() if not one.taken] == ["P-40"]
    assert results["P-40"].refusal == "Invalid ID."
    assert len(woo.shelf.received) == 99
    assert [one.available for one in shop.read_stock([article(row) for row in rows])].count(5) == 99


def test_variations_of_a_product_that_is_gone_are_refused_and_the_others_taken(woo: WooCommerce, shop: Shop):
    plain, blue = woo.shelf.put({"sku": "A"}), woo.shelf.put({"sku": "S-BLUE", "title": "Shirt", "options": ["blue"]})
    del woo.shelf.products[blue["parent_id"]], woo.shelf.variations[blue["id"]]

    results = by_code(list(shop.send_stock([figure(blue, 1), figure(plain, 2)])))

    assert (results["A"].taken, results["S-BLUE"].taken, results["S-BLUE"].refusal) == (True, False, "Invalid ID.")
    assert [one.available for one in shop.read_stock([article(blue), article(plain)])] == [None, 2]


def test_a_shop_that_counts_no_stock_says_where_it_is_switched_on(woo: WooCommerce, shop: Shop):
    woo.shelf.counts = False
    row = woo.shelf.put({"sku": "A"})

    (result,) = shop.send_stock([figure(row, 3)])

    assert not result.taken
    assert "Inventory → Manage stock" in result.refusal
    assert [one.available for one in shop.read_stock([article(row)])] == [None]


def test_what_it_is_not_known_by_is_refused_and_the_rest_taken(woo: WooCommerce, shop: Shop):
    row = woo.shelf.put({"sku": "A"})
    odd = Figure(article=Article(external_id="gid://1", code="ODD"), available=1, shown=None, ref="r")

    results = by_code(list(shop.send_stock([odd, figure(row, 3)])))

    assert (results["A"].taken, results["ODD"].taken) == (True, False)
    assert "import the catalog" in results["ODD"].refusal


def test_stock_that_a_plugin_keeps_in_fractions_is_read_in_whole_units(woo: WooCommerce, shop: Shop):
    row = woo.shelf.put({"sku": "A", "available": 2.5})

    assert [one.available for one in shop.read_stock([article(row)])] == [2]


@pytest.mark.parametrize(
    ("mode", "error"), [("fail", ShopUnreachable), ("too_many", ShopBusy), ("lock_out", ShopRefused)]
)
def test_a_shop_that_is_not_well_is_not_taken_for_a_refusal(
    sandbox: Sandbox, woo: WooCommerce, shop: Shop, mode: str, error: type[Exception]
):
    row = woo.shelf.put({"sku": "A", "available": 1})
    sandbox.misbehave("woo", mode, only="write", seconds=30)

    with pytest.raises(error):
        shop.send_stock([figure(row, 3)])
    assert woo.shelf.shown("A") == [1]


# --- catalog


def catalog(shop: Shop) -> list[CatalogItem]:
    items, mark = dict[str, CatalogItem](), ""
    while True:
        page = shop.catalog_page(mark)
        items |= {one.article.external_id: one for one in page.items}
        assert page.next != mark or not mark
        mark = page.next
        if not mark:
            return list(items.values())


def test_products_and_variations_are_read_with_what_the_shop_says_of_them(woo: WooCommerce, shop: Shop):
    woo.shelf.weight_unit = "lbs"
    plain = woo.shelf.put(
        {"sku": " A ", "title": "Tea &amp; cake", "barcode": "4006381333931", "price": "12.50", "available": 4}
    )
    plain["weight"] = "0.5"
    plain["images"] = [{"src": "https://shop.example/a.jpg"}]
    blue = woo.shelf.put({"sku": "S-BLUE", "title": "Shirt", "options": ["M", "blue"], "tracked": False})
    woo.shelf.products[blue["parent_id"]]["weight"] = "1"
    woo.shelf.put({"sku": "G", "type": "grouped"}), woo.shelf.put({"sku": "X", "type": "external"})
    woo.shelf.put({"sku": "OFF", "active": False})

    found = {one.article.code: one for one in catalog(shop)}

    assert sorted(found) == ["A", "OFF", "S-BLUE"]
    tea, shirt = found["A"], found["S-BLUE"]
    assert tea.article == Article(external_id=str(plain["id"]), code="A")
    assert (tea.title, tea.barcodes, tea.weight_g) == ("Tea & cake", ["4006381333931"], 227)
    assert (tea.price, tea.currency, tea.picture) == (Decimal("12.50"), "GBP", "https://shop.example/a.jpg")
    assert (tea.tracked, tea.available, tea.active) == (True, {"": 4}, True)
    assert shirt.article == Article(external_id=str(blue["id"]), stock_id=str(blue["parent_id"]), code="S-BLUE")
    assert (shirt.title, list(shirt.options), shirt.weight_g) == ("Shirt", ["M", "blue"], 454)
    assert list(shirt.option_names) == ["Option", "Option"]
    assert (shirt.tracked, shirt.available) == (False, None)
    assert not found["OFF"].active


def test_more_variations_than_a_page_holds_are_all_read(woo: WooCommerce, shop: Shop):
    for number in range(130):
        woo.shelf.put({"sku": f"S-{number}", "title": "Shirt", "options": [str(number)]})

    assert len(catalog(shop)) == 130


def test_products_deleted_while_it_is_read_hide_no_other(woo: WooCommerce, shop: Shop):
    rows = [woo.shelf.put({"sku": f"P-{number}"}) for number in range(3 * PER_LOOK)]
    deleted = iter(rows)
    woo.shelf.on_list = lambda: woo.shelf.products.pop(next(deleted)["id"], None)

    found = {one.article.code for one in catalog(shop)}

    assert {row["sku"] for row in woo.shelf.products.values()} <= found


def test_an_import_that_was_broken_off_goes_on_from_its_mark(woo: WooCommerce, channel: Channel, sandbox: Sandbox):
    for number in range(3 * PER_LOOK):
        woo.shelf.put({"sku": f"P-{number}"})
    first = shop_of(channel).catalog_page("")
    sandbox.misbehave("woo", "fail", times=1)
    with pytest.raises(ShopUnreachable):
        shop_of(channel).catalog_page(first.next)

    codes = {one.article.code for one in first.items}
    mark = first.next
    while mark:
        page = shop_of(channel).catalog_page(mark)
        codes |= {one.article.code for one in page.items}
        mark = page.next
    assert len(codes) == 3 * PER_LOOK


# --- tracking


def report(*numbers: str, complete: bool = True) -> ShipmentReport:
    parcels = [Parcel("DHL", number, f"https://dhl.example/{number}") for number in numbers]
    return ShipmentReport("shp_1", "7", {"11": 1}, parcels, complete)


def test_a_tracking_plugin_has_each_parcel_once_whatever_is_sent_again(woo: WooCommerce, shop: Shop):
    woo.put(woo_order(7))
    woo.office.tracks = True
    shop.report_shipment(report("T1", "T2"), check_first=False)
    shop.report_shipment(report("T1", "T2"), check_first=True)
    woo.notes.clear()
    shop.report_shipment(report("T1", "T2"), check_first=True)

    told = woo.office.trackings["7"]
    assert [(one["custom_tracking_provider"], one["tracking_number"]) for one in told] == [("DHL", "T1"), ("DHL", "T2")]
    assert told[0]["custom_tracking_link"] == "https://dhl.example/T1"
    # The mail of the completed order has its tracking already.
    assert [one["customer_note"] for one in woo.notes] == [False]


def test_without_such_a_plugin_the_customer_reads_it_in_the_note(woo: WooCommerce, shop: Shop):
    woo.put(woo_order(7))
    shop.report_shipment(report("T1"), check_first=False)

    assert woo.office.trackings == {}
    assert [(one["customer_note"], "T1" in one["note"]) for one in woo.notes] == [(True, True)]
    assert woo.orders["7"]["status"] == "completed"


# --- connecting


def test_the_test_call_says_whose_shop_it_is_and_changes_nothing(woo: WooCommerce, shop: Shop):
    found = shop.check_connection()

    assert (found.shop_name, found.account) == ("Canary shop", "https://canary.example")
    assert (found.currency, found.country, found.time_zone) == ("GBP", "GB", "Europe/London")
    assert found.missing == []
    assert (woo.updates, woo.notes, woo.shelf.received, woo.office.hooks) == ([], [], [], {})


def test_a_key_that_may_only_read_is_told_what_it_lacks_by_name(woo: WooCommerce, shop: Shop):
    woo.office.keys = {"ck:cs": "read"}

    assert [one.name for one in shop.check_connection().missing] == ["write orders", "write products", "write webhooks"]


@pytest.mark.parametrize(
    ("allowed", "said"), [("write", "does not have read permissions"), ("nothing of it", "https://")]
)
def test_keys_that_are_refused_are_told_in_the_shops_words_and_what_to_do(
    woo: WooCommerce, shop: Shop, allowed: str, said: str
):
    woo.office.keys = {"ck:cs": allowed}

    with pytest.raises(ShopDeclined) as refused:
        shop.check_connection()
    assert said in refused.value.sentence
    assert "an address that begins with https://" in refused.value.sentence


def test_an_address_without_woocommerce_says_what_to_look_at(channel: Channel):
    channel.base_url = channel.base_url.removesuffix("/woo") + "/elsewhere"

    with pytest.raises(ShopDeclined) as refused:
        shop_of(channel).check_connection()
    assert "Permalinks" in refused.value.sentence


def test_all_webhooks_are_registered_once_and_switched_on_again(woo: WooCommerce, shop: Shop):
    other = {"id": 900, "topic": "order.created", "delivery_url": "https://other.example/", "status": "disabled"}
    woo.office.hooks[900] = dict(other)
    made = shop.register_hooks(HOOK, "s3cret")
    woo.office.switch_off("order.updated")
    assert not all(one.active for one in shop.hooks() if one.address == HOOK)

    again = shop.register_hooks(HOOK, "another")

    assert sorted(one.topic for one in again) == sorted(TOPICS)
    assert {one.external_id for one in made} == {one.external_id for one in again}
    assert all(one.active and one.address == HOOK for one in again)
    ours = [one for one in woo.office.hooks.values() if one["delivery_url"] == HOOK]
    assert {one["secret"] for one in ours} == {"another"}
    assert woo.office.hooks[900] == other | {"status": woo.office.hooks[900]["status"]}


def test_webhooks_beyond_a_page_are_found(woo: WooCommerce, shop: Shop):
    for number in range(120):
        woo.office.hooks[number + 1000] = {
            "id": number + 1000, "topic": "product.updated", "delivery_url": "https://o.example/", "status": "active",
        }  # fmt: skip
    shop.register_hooks(HOOK, "s")
    shop.register_hooks(HOOK, "s")

    assert len(woo.office.hooks) == 120 + len(TOPICS)
