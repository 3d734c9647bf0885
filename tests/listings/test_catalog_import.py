"""A shop's catalog comes in: read, looked at, applied; a second time nothing changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.catalog.models import Barcode, BundleComponent, Sku, SkuAlias
from apps.catalog.services import SkuFacts, upsert_skus
from apps.channels.models import Channel
from apps.inventory.models import StockLevel, StockMovement
from apps.listings.models import CatalogImport, ChannelPlace, FieldRule, ImportRow, Listing
from apps.listings.services.catalog_applying import apply_import
from apps.listings.services.catalog_reading import drop_import, resume_import, start_import
from apps.listings.services.places import make_node_of, match_place
from tests.channels.toy_shop import ToyShop
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, NodeFactory, SkuFactory

pytestmark = pytest.mark.django_db(transaction=True)

MUG: dict[str, Any] = {
    "id": 71,
    "stock_id": "inv-71",
    "sku": "MUG-BLUE",
    "title": "Mug, blue",
    "options": {"Colour": "blue"},
    "barcodes": ["4006381333931"],
    "grams": 350,
    "price": "12.50",
    "cost": "4.10",
    "currency": "GBP",
    "picture": "https://cdn.example/mug.jpg",
    "tracked": True,
}


def article(number: int, sku: str, **changes: Any) -> dict[str, Any]:
    return {"id": number, "sku": sku, "title": f"Thing {sku}", "currency": "GBP", **changes}


def read(channel: Channel) -> CatalogImport:
    run = start_import(channel, actor=AGENT)
    work_it_off()
    return CatalogImport.objects.get(pk=run.pk)


def take_in(channel: Channel, **how: Any) -> CatalogImport:
    run = apply_import(read(channel).pk, actor=AGENT, **how)
    work_it_off()
    return CatalogImport.objects.get(pk=run.pk)


def problems(run: CatalogImport, external_id: object) -> list[str]:
    return [one["code"] for one in ImportRow.objects.get(run=run, external_id=str(external_id)).problems]


def test_a_catalog_is_read_and_nothing_changes_before_somebody_has_looked(channel: Channel, shop: ToyShop):
    shop.articles = [MUG]
    run = read(channel)

    assert (run.state, run.read, run.counts) == ("ready", 1, {"new": 1, "problems": 0, "kept": 0, "gone": 0})
    row = ImportRow.objects.get()
    assert row.verdict == "new"
    assert {one["field"]: one["after"] for one in row.changes} == {
        "listing": "71",
        "name": "Mug, blue",
        "options": "colour blue",
        "weight": "350 g",
        "price": "£12.50",
        "cost": "£4.10",
        "tracked": "True",
        "barcode": "4006381333931",
    }
    assert not Sku.objects.exists()
    assert not Listing.objects.exists()


def test_what_was_looked_at_is_applied(channel: Channel, shop: ToyShop):
    shop.articles = [MUG]
    run = take_in(channel)

    sku = Sku.objects.get()
    assert run.state == "done"
    assert (sku.code, sku.name, sku.attributes, sku.weight_g) == ("MUG-BLUE", "Mug, blue", {"colour": "blue"}, 350)
    assert (sku.price_minor, sku.cost_minor, sku.currency, sku.tracked) == (1250, 410, "GBP", True)
    assert [row.code for row in sku.barcodes.all()] == ["4006381333931"]
    listing = Listing.objects.get()
    assert (listing.sku, listing.external_id, listing.stock_id, listing.code) == (sku, "71", "inv-71", "MUG-BLUE")
    assert listing.picture == "https://cdn.example/mug.jpg"
    assert sku.history.get().history_actor == "channel:toy"


def test_what_customs_ask_for_is_kept_and_what_is_no_such_thing_is_named(channel: Channel, shop: ToyShop):
    shop.articles = [
        {**MUG, "hs_code": "6911.10 00", "origin": "pt"},
        article(72, "PLATE", hs_code="ask Ina", origin="Portugal"),
    ]
    run = take_in(channel)

    kept = dict(Sku.objects.values_list("code", "hs_code"))
    assert kept == {"MUG-BLUE": "69111000", "PLATE": ""}
    assert Sku.objects.get(code="MUG-BLUE").origin == "PT"
    named = ImportRow.objects.get(run=run, external_id="72").problems
    assert [(one["code"], one["field"]) for one in named] == [("unreadable", "hs_code"), ("unreadable", "origin")]
    shop.articles[0] |= {"hs_code": "", "origin": ""}
    take_in(channel)
    assert Sku.objects.get(code="MUG-BLUE").origin == "PT"


def test_a_second_import_of_the_same_changes_nothing(channel: Channel, shop: ToyShop):
    shop.articles = [MUG, article(72, "PLATE", available={"": 4})]
    take_in(channel)
    before = (list(Sku.objects.values()), list(Listing.objects.values(*SEEN)), list(Barcode.objects.values()))
    run = take_in(channel)

    assert run.counts == {"same": 2, "problems": 0, "kept": 0, "gone": 0}
    assert (list(Sku.objects.values()), list(Listing.objects.values(*SEEN)), list(Barcode.objects.values())) == before
    assert Sku.history.count() == 2


SEEN = ("id", "sku", "external_id", "stock_id", "code", "title", "picture", "active", "state")


def test_pages_that_overlap_bring_a_variant_once_and_what_was_shown_last_holds(channel: Channel, shop: ToyShop):
    shop.page_size = 2
    shop.articles = [article(1, "A"), article(2, "B"), article(2, "B", title="B, newer"), article(3, "C")]
    take_in(channel)

    assert list(Sku.objects.order_by("code").values_list("code", "name")) == [
        ("A", "Thing A"),
        ("B", "B, newer"),
        ("C", "Thing C"),
    ]


def test_a_reading_that_was_broken_off_goes_on_at_its_page(channel: Channel, shop: ToyShop):
    shop.page_size = 1
    shop.articles = [article(1, "A"), article(2, "B"), article(3, "C")]
    run = start_import(channel, actor=AGENT)
    shop.on_page = lambda page: shop.fail("GET /v1/articles", 403) if page == "1" else None
    work_it_off()
    stopped = CatalogImport.objects.get(pk=run.pk)
    assert (stopped.state, stopped.read) == ("stopped", 1)
    assert "no. Its access was taken back" in stopped.trouble
    shop.requests.clear()

    resume_import(run.pk, actor=AGENT)
    work_it_off()
    resumed = CatalogImport.objects.get(pk=run.pk)
    assert (resumed.state, resumed.trouble) == ("ready", "")
    assert ImportRow.objects.count() == 3
    assert [query["page"] for _, path, query in shop.requests if path == "/v1/articles"] == ["2", "3"]


def test_a_shop_that_shows_no_places_is_read_all_the_same(channel: Channel, shop: ToyShop):
    shop.articles = [MUG]
    shop.fail("GET /v1/branches", 403)
    run = read(channel)

    assert (run.state, run.read) == ("ready", 1)
    assert "no. Its access was taken back" in run.trouble


def test_what_was_edited_here_stays_and_what_was_not_follows_the_shop(channel: Channel, shop: ToyShop):
    shop.articles = [MUG]
    take_in(channel)
    upsert_skus([SkuFacts("MUG-BLUE", {"name": "Our best mug"})], actor=AGENT)
    shop.articles = [{**MUG, "title": "Mug (blue)", "price": "13.00"}]
    run = take_in(channel)

    sku = Sku.objects.get()
    assert (sku.name, sku.price_minor) == ("Our best mug", 1300)
    kept = [one for one in ImportRow.objects.get(run=run).changes if not one["taken"]]
    assert [(one["field"], one["because"]) for one in kept] == [("name", "edited")]


def test_what_was_edited_here_once_stays_even_after_it_was_edited_back(channel: Channel, shop: ToyShop):
    shop.articles = [MUG]
    take_in(channel)
    for name in ("Something else", "Mug, blue"):
        upsert_skus([SkuFacts("MUG-BLUE", {"name": name})], actor=AGENT)
    shop.articles = [{**MUG, "title": "Mug (blue)"}]
    take_in(channel)

    assert Sku.objects.get().name == "Mug, blue"


@pytest.mark.parametrize(("owner", "name"), [("shop", "Mug (blue)"), ("here", "Mug, blue")])
def test_the_table_says_whose_word_holds(channel: Channel, shop: ToyShop, owner: str, name: str):
    shop.articles = [MUG]
    take_in(channel)
    if owner == "shop":
        upsert_skus([SkuFacts("MUG-BLUE", {"name": "Our best mug"})], actor=AGENT)
    FieldRule.objects.create(channel=channel, field="name", owner=owner)
    shop.articles = [{**MUG, "title": "Mug (blue)"}]
    take_in(channel)

    assert Sku.objects.get().name == name


def test_of_two_channels_the_one_that_said_it_first_keeps_the_title(channel: Channel, shop: ToyShop):
    other = ChannelFactory(code="toy2", name="Second", kind="toy", base_url=shop.url, api_key="k")
    shop.articles = [MUG]
    take_in(channel)
    shop.articles = [{**MUG, "title": "MUG BLUE!!"}]
    run = take_in(other)

    assert Sku.objects.get().name == "Mug, blue"
    kept = [one for one in ImportRow.objects.get(run=run).changes if not one["taken"]]
    assert [(one["field"], one["after"], one["because"]) for one in kept] == [("name", "MUG BLUE!!", "channel:toy")]


def test_one_code_on_two_variants_is_a_conflict_and_the_second_waits_for_somebody(channel: Channel, shop: ToyShop):
    shop.articles = [article(1, "A"), article(2, "a ")]
    run = take_in(channel)

    assert problems(run, 2) == ["code_twice"]
    assert Sku.objects.count() == 1
    assert dict(Listing.objects.values_list("external_id", "sku__code")) == {"1": "A", "2": None}


def test_codes_that_differ_in_spaces_are_no_two_skus(channel: Channel, shop: ToyShop):
    SkuFactory(code="AB-1")
    shop.articles = [article(1, "AB -1"), article(2, "XY 2"), article(3, "XY2")]
    run = take_in(channel)

    assert (problems(run, 1), problems(run, 3)) == (["code_like"], ["code_like_row"])
    assert set(Sku.objects.values_list("code", flat=True)) == {"AB-1", "XY 2"}


def test_a_code_is_the_sku_whose_alias_it_is(channel: Channel, shop: ToyShop):
    sku = SkuFactory(code="MUG")
    SkuAlias.objects.create(sku=sku, alias="BECHER", channel="toy")
    shop.articles = [article(1, "becher"), article(2, "MUG2")]
    SkuAlias.objects.create(sku=sku, alias="MUG2", channel="")
    SkuFactory(code="MUG2")
    run = take_in(channel)

    assert Listing.objects.get(external_id="1").sku == sku
    assert problems(run, 2) == ["code_is_alias"]
    assert Listing.objects.get(external_id="2").sku.code == "MUG2"


def test_a_barcode_of_another_sku_is_not_given_twice(channel: Channel, shop: ToyShop):
    Barcode.objects.create(sku=SkuFactory(code="OTHER"), code="012345678905")
    shop.articles = [
        article(1, "OTHER"),
        article(2, "NEW", barcodes=["0012345678905"]),
        article(3, "C", barcodes=["4006381333931"]),
        article(4, "D", barcodes=["4006381333931"]),
    ]
    run = take_in(channel)

    assert (problems(run, 2), problems(run, 4)) == (["barcode_taken"], ["barcode_twice"])
    assert dict(Barcode.objects.values_list("code", "sku__code")) == {"012345678905": "OTHER", "4006381333931": "C"}


def test_goods_that_another_shop_calls_otherwise_are_known_by_their_barcode(channel: Channel, shop: ToyShop):
    sku = SkuFactory(code="MUG")
    Barcode.objects.create(sku=sku, code="4006381333931")
    shop.articles = [MUG]
    take_in(channel)

    assert Listing.objects.get().sku == sku
    assert SkuAlias.objects.get().alias == "MUG-BLUE"
    assert Sku.objects.count() == 1


def test_a_price_in_another_currency_is_named_and_not_taken(channel: Channel, shop: ToyShop):
    SkuFactory(code="MUG-BLUE", price_minor=900, currency="EUR")
    shop.articles = [MUG]
    run = take_in(channel)

    sku = Sku.objects.get()
    assert (sku.price_minor, sku.currency) == (900, "EUR")
    assert problems(run, 71) == ["currency"]


def test_a_variant_without_a_code_waits_for_somebody(channel: Channel, shop: ToyShop):
    shop.articles = [article(1, "")]
    run = take_in(channel)

    assert problems(run, 1) == ["no_code"]
    assert not Sku.objects.exists()
    assert Listing.objects.get().sku is None


def test_a_listing_stays_the_sku_that_somebody_said_it_is(channel: Channel, shop: ToyShop):
    mug, plate = SkuFactory(code="MUG"), SkuFactory(code="PLATE")
    Listing.objects.create(channel=channel, external_id="1", code="x", sku=mug)
    shop.articles = [article(1, "PLATE")]
    run = take_in(channel)

    assert Listing.objects.get().sku == mug
    assert problems(run, 1) == ["code_of_other"]
    assert plate.listings.count() == 0


def test_a_code_that_was_changed_there_is_learned(channel: Channel, shop: ToyShop):
    shop.articles = [article(1, "OLD")]
    take_in(channel)
    shop.articles = [article(1, "NEW")]
    take_in(channel)

    assert Sku.objects.get().code == "OLD"
    assert list(SkuAlias.objects.values_list("alias", "channel")) == [("NEW", "toy")]


def test_what_the_shop_no_longer_has_is_sold_there_no_more(channel: Channel, shop: ToyShop):
    shop.articles = [article(1, "A"), article(2, "B")]
    take_in(channel)
    shop.articles = [article(1, "A")]
    assert read(channel).counts["gone"] == 1
    take_in(channel)

    assert dict(Listing.objects.values_list("external_id", "active")) == {"1": True, "2": False}


def test_an_empty_answer_takes_nothing_away(channel: Channel, shop: ToyShop):
    shop.articles = [article(1, "A")]
    take_in(channel)
    shop.articles = []
    take_in(channel)

    assert Listing.objects.get().active


def test_sets_get_their_parts_once_all_skus_are_there(channel: Channel, shop: ToyShop):
    shop.articles = [
        article(1, "SET", parts=[{"sku": "CUP", "units": 2}, {"sku": "TRAY", "units": 1}]),
        article(2, "CUP"),
        article(3, "TRAY"),
        article(4, "SET2", parts=[{"sku": "NOWHERE", "units": 1}]),
    ]
    run = take_in(channel)

    made = BundleComponent.objects.values_list("bundle__code", "component__code", "quantity")
    assert sorted(made) == [("SET", "CUP", 2), ("SET", "TRAY", 1)]
    assert problems(run, 4) == ["part_unknown"]


def test_opening_stock_comes_from_the_places_that_somebody_chose(channel: Channel, shop: ToyShop):
    NodeFactory(code="leeds", name="Leeds")
    shop.branches = [{"id": "b1", "name": "Leeds"}, {"id": "b2", "name": "York", "country": "GB", "city": "York"}]
    shop.articles = [article(1, "A", available={"b1": 5, "b2": 2}), article(2, "B", available={"b1": -3})]
    run = read(channel)
    leeds, york = ChannelPlace.objects.order_by("external_id")
    match_place(leeds.pk, node="leeds", actor=AGENT)
    make_node_of(york.pk, code="york", actor=AGENT)
    apply_import(run.pk, stock_from=[leeds.pk], actor=AGENT)
    work_it_off()

    assert list(StockLevel.objects.values_list("node__code", "sku__code", "on_hand")) == [("leeds", "A", 5)]
    movement = StockMovement.objects.get()
    assert (movement.reason, movement.reference) == ("Opening stock from Toy shop", run.public_id)


def test_stock_that_has_moved_here_is_not_counted_by_a_shop(channel: Channel, shop: ToyShop):
    NodeFactory(code="leeds")
    shop.branches = [{"id": "b1", "name": "Leeds"}]
    shop.articles = [article(1, "A", available={"b1": 5})]
    run = read(channel)
    place = ChannelPlace.objects.get()
    match_place(place.pk, node="leeds", actor=AGENT)
    apply_import(run.pk, stock_from=[place.pk], actor=AGENT)
    work_it_off()
    shop.articles = [article(1, "A", available={"b1": 99})]
    take_in(channel, stock_from=[place.pk])

    assert StockLevel.objects.get().on_hand == 5


def test_a_dropped_import_applies_nothing(channel: Channel, shop: ToyShop):
    shop.articles = [MUG]
    run = read(channel)
    drop_import(run.pk, actor=AGENT)
    work_it_off()

    assert CatalogImport.objects.get(pk=run.pk).state == "dropped"
    assert not Sku.objects.exists()


@pytest.mark.parametrize("price", [Decimal("NaN"), "1e30", "-1"])
def test_a_price_that_is_none_costs_the_rest_of_the_row_nothing(channel: Channel, shop: ToyShop, price: object):
    shop.articles = [{**MUG, "price": str(price)}]
    run = take_in(channel)

    sku = Sku.objects.get()
    assert (sku.name, sku.price_minor) == ("Mug, blue", 0)
    assert problems(run, 71) == ["unreadable"]
