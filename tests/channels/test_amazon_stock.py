"""Amazon: figures by the unit and the words of those refused, the catalog, and what an app may do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.casework.models import ExceptionCase
from apps.channels.framework.stock import Article, Figure
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from apps.listings.models import Listing
from apps.outbound.models import Breaker
from orchestrator.sandbox.shops.amazon import Amazon
from tests.channels.amazon import amazon_channel
from tests.channels.simulated import Simulated, simulated
from tests.factories import make_stock
from tests.listings.listing import list_sku, pass_on

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Iterator[Simulated[Amazon]]:
    with simulated(Amazon) as running:
        yield running


@pytest.fixture
def channel(shop: Simulated[Amazon]) -> Channel:
    return amazon_channel(shop.url)


def figure(code: str, units: int) -> Figure:
    return Figure(
        article=Article(external_id=code, stock_id="DEFAULT", code=code), available=units, shown=None, ref="r"
    )


def test_a_figure_that_is_refused_says_why_in_amazons_words(shop: Simulated[Amazon], channel: Channel):
    shop.shop.sell("A", 1)
    shop.shop.sell("B", 1)
    shop.shop.refusals = {"B": "The listing is inactive."}
    results = shop_of(channel).send_stock([figure("A", 3), figure("B", 3), figure("C", 3)])

    assert [(one.taken, one.refusal) for one in results] == [
        (True, ""), (False, "The listing is inactive."), (False, "SKU 'C' not found in marketplace A1F83G8C2ARO7P."),
    ]  # fmt: skip
    assert shop.shop.patches == [("A", 3)]


def test_a_figure_accepted_with_an_error_is_a_case_in_amazons_words_and_one_with_a_warning_is_none(
    shop: Simulated[Amazon], channel: Channel
):
    make_stock(N1={"A": 3, "B": 3})
    for code in "AB":
        shop.shop.sell(code, 1)
        list_sku(channel, code)
    shop.shop.issues = {"A": ("WARNING", "Add a better picture."), "B": ("ERROR", "This brand is gated.")}
    pass_on()

    assert shop.shop.patches == [("A", 3)]
    assert dict(Listing.objects.values_list("code", "refusal")) == {"A": "", "B": "This brand is gated."}
    [case] = ExceptionCase.objects.filter(type="stock_refused")
    assert "This brand is gated." in str(case.sentence)


def test_the_stock_amazon_keeps_is_not_overwritten(shop: Simulated[Amazon], channel: Channel):
    shop.shop.sell("A", 7, channel="AMAZON_EU")
    [item] = shop_of(channel).catalog_page("").items
    assert (item.article.stock_id, item.tracked, item.available) == ("AMAZON_EU", False, None)

    [result] = shop_of(channel).send_stock([Figure(article=item.article, available=3, shown=None, ref="r")])
    assert not result.taken
    assert "counts its stock itself" in result.refusal
    assert shop_of(channel).read_stock([item.article])[0].available is None
    assert shop.shop.patches == []


def test_a_figure_keeps_the_handling_time_beside_it(shop: Simulated[Amazon], channel: Channel):
    shop.shop.sell("A", 1)
    shop_of(channel).send_stock([figure("A", 3)])

    [patch] = [request.json() for request, _ in shop.requests if request.method == "PATCH"]
    assert patch["patches"][0]["op"] == "merge"


def test_the_catalog_is_read_beyond_what_one_search_gives(shop: Simulated[Amazon], channel: Channel):
    for number in range(1045):
        shop.shop.sell(f"S{number:04}", 1)
        shop.shop.listings[f"S{number:04}"]["summaries"][0]["createdDate"] = (
            f"2026-01-01T{number // 60:02}:{number % 60:02}:00Z"
        )
    codes, mark = set(), ""
    client = shop_of(channel)
    while True:
        Breaker.objects.all().delete()
        page = client.catalog_page(mark)
        codes |= {one.article.code for one in page.items}
        mark = page.next
        if not mark:
            break

    assert len(codes) == 1045


def test_an_item_of_the_catalog_says_what_the_listing_says(shop: Simulated[Amazon], channel: Channel):
    shop.shop.sell("A", 4)
    [item] = shop_of(channel).catalog_page("").items

    assert (item.article.code, item.title, item.weight_g, str(item.price), item.currency) == (
        "A", "Thing A", 250, "10.00", "GBP",
    )  # fmt: skip
    assert (len(item.barcodes), item.active, item.tracked, item.available) == (1, True, True, {"": 4})
    assert [one.available for one in shop_of(channel).read_stock([item.article])] == [4]


def test_what_the_app_may_not_do_is_named(shop: Simulated[Amazon], channel: Channel):
    report = shop_of(channel).check_connection()
    assert (report.missing, report.country, report.currency) == ([], "GB", "GBP")

    shop.shop.may_read_people = False
    assert [one.name for one in shop_of(channel).check_connection().missing] == [
        "Direct-to-Consumer Delivery (Restricted)"
    ]
