"""eBay: figures in lots of 25, each with its own answer, the catalog page by page, places, and what the access allows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.channels.errors import ShopRefused
from apps.channels.framework.stock import Article, Figure
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from orchestrator.sandbox.shops.ebay import Ebay
from tests.channels.ebay import ebay_channel, ebay_order
from tests.channels.simulated import Simulated, simulated

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Iterator[Simulated[Ebay]]:
    with simulated(Ebay) as running:
        yield running


@pytest.fixture
def channel(shop: Simulated[Ebay]) -> Channel:
    return ebay_channel(shop.url)


def figure(code: str, units: int, offer: str = "") -> Figure:
    article = Article(external_id=code, stock_id=offer, code=code)
    return Figure(article=article, available=units, shown=None, ref="r")


def test_one_figure_of_many_that_is_refused_keeps_no_other_from_being_taken(shop: Simulated[Ebay], channel: Channel):
    for number in range(24):
        shop.shop.sell(f"S{number:02}", 1, offer=f"o{number}")
    shop.shop.refusals = {"S07": "The listing was revised too often today."}
    figures = [figure(f"S{number:02}", number, f"o{number}") for number in range(24)]
    results = shop_of(channel).send_stock([*figures, figure("nobody's", 3)])

    refused = {one.article.code: one.refusal for one in results if not one.taken}
    assert refused == {
        "S07": "The listing was revised too often today.",
        "nobody's": "SKU nobody's could not be found or is not available in the system.",
    }
    assert len(shop.shop.figures) == 23
    assert shop.shop.offers["S05"]["availableQuantity"] == 5
    assert len(shop.asked("POST")) == 1


def test_an_offer_that_is_gone_is_a_refusal_of_its_sku(shop: Simulated[Ebay], channel: Channel):
    shop.shop.sell("A", 1, offer="o1")
    [result] = shop_of(channel).send_stock([figure("A", 3, "ended")])

    assert (result.taken, result.refusal) == (False, "This Offer is not available.")


def test_a_lot_ebay_does_not_read_is_refused_whole(shop: Simulated[Ebay], channel: Channel):
    shop.fail("POST /sell/inventory", 400, body={"errors": [{"errorId": 25002, "message": "Invalid JSON."}]})
    with pytest.raises(ShopRefused) as refused:
        shop_of(channel).send_stock([figure("A", 3)])

    assert refused.value.details["answer"] == 400


def test_the_catalog_goes_through_all_pages_and_says_by_which_offer_each_is_sold(
    shop: Simulated[Ebay], channel: Channel
):
    for number in range(60):
        shop.shop.sell(f"S{number:02}", number, offer=f"o{number}" if number % 2 else "")
    client, mark, found = shop_of(channel), "", {}
    while True:
        page = client.catalog_page(mark)
        found |= {one.article.code: one for one in page.items}
        if not (mark := page.next):
            break

    assert len(found) == 60
    sold, kept = found["S07"], found["S08"]
    assert (sold.article.stock_id, sold.active, str(sold.price), sold.currency) == ("o7", True, "10.00", "GBP")
    assert (kept.article.stock_id, kept.active, kept.price, kept.available) == ("", False, None, {"": 8})
    assert (sold.title, sold.weight_g, len(sold.barcodes)) == ("Thing S07", 250, 1)
    assert [one.available for one in client.read_stock([sold.article, Article(external_id="nobody's")])] == [7, None]


def test_places_are_read(shop: Simulated[Ebay], channel: Channel):
    [place] = shop_of(channel).locations()

    assert (place.external_id, place.name, place.city, place.country, place.active) == (
        "leeds", "Leeds", "Leeds", "GB", True,
    )  # fmt: skip


def test_whose_access_it_is_and_what_it_lacks_is_named(shop: Simulated[Ebay], channel: Channel):
    shop.shop.put(ebay_order(1))
    report = shop_of(channel).check_connection()
    assert (report.account, report.missing) == ("harbour-and-pine", [])

    shop.fail("GET /sell/fulfillment", 403)
    assert [one.name for one in shop_of(channel).check_connection().missing] == [
        "https://api.ebay.com/oauth/api_scope/sell.fulfillment"
    ]
