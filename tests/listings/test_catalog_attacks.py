"""Catalogs that have broken other importers: each comes in whole, once, or is named."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from apps.accounts.models import Role
from apps.catalog.models import Barcode, Sku, SkuAlias
from apps.channels.models import Channel
from apps.listings.models import CatalogImport, ImportRow, Listing
from apps.listings.services import catalog_applying, catalog_comparing
from apps.listings.services.catalog_applying import apply_import
from apps.listings.services.catalog_reading import start_import
from apps.orchestration.models import StepRun
from tests.api.front_door import Door
from tests.channels.toy_shop import ToyShop
from tests.driving import work_it_off
from tests.factories import AGENT, SkuFactory, UserFactory, make_key
from tests.listings.test_catalog_import import article, problems, read, take_in

pytestmark = pytest.mark.django_db(transaction=True)


def codes() -> list[str]:
    return sorted(Sku.objects.values_list("code", flat=True))


def test_one_code_on_both_sides_of_a_lot_is_one_sku(channel: Channel, shop: ToyShop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(catalog_comparing, "LOT", 2)
    monkeypatch.setattr(catalog_applying, "LOT", 2)
    shop.page_size = 2
    shop.articles = [article(1, "A"), article(2, "B"), article(3, "b"), article(4, "C"), article(5, "B")]
    run = take_in(channel)

    assert codes() == ["A", "B", "C"]
    assert (problems(run, 3), problems(run, 5)) == (["code_twice"], ["code_twice"])
    assert dict(Listing.objects.values_list("external_id", "sku__code"))["3"] is None


@pytest.mark.parametrize("code", ["SKU123 ", " SKU123", "SKU123\u00a0", "SKU123\u200b", "\ufeffSKU123", "SKU123\t"])
def test_what_nobody_sees_makes_no_second_sku(channel: Channel, shop: ToyShop, code: str):
    known = SkuFactory(code="SKU123")
    shop.articles = [article(1, code)]
    take_in(channel)

    assert codes() == ["SKU123"]
    assert Listing.objects.get().sku == known


def test_a_letter_written_in_two_ways_is_one_letter(channel: Channel, shop: ToyShop):
    known = SkuFactory(code="CAF\u00c9-1")
    shop.articles = [article(1, "CAFE\u0301-1")]
    take_in(channel)

    assert Listing.objects.get().sku == known
    assert Sku.objects.count() == 1


def test_codes_that_look_like_numbers_stay_what_they_are(channel: Channel, shop: ToyShop):
    odd = ["0017", "17", "90.750", "90.75", "1E5", "100000", "+17", "-17", "=17", "17.0"]
    shop.articles = [article(number, code) for number, code in enumerate(odd)]
    take_in(channel)

    assert codes() == sorted(odd)


def test_what_the_shop_does_not_say_is_not_set_to_nothing(channel: Channel, shop: ToyShop):
    whole = article(
        1, "A", price="12.50", cost="4.10", grams=350, tracked=False, options={"Size": "M"}, barcodes=["96385074"]
    )
    shop.articles = [whole]
    take_in(channel)
    before = Sku.objects.values().get()
    shop.articles = [{"id": 1, "sku": "A", "title": "", "currency": ""}]
    take_in(channel)

    assert Sku.objects.values().get() == before
    assert Barcode.objects.get().code == "96385074"


def test_two_variants_that_swap_their_codes_are_named_and_stay(channel: Channel, shop: ToyShop):
    shop.articles = [article(1, "A"), article(2, "B")]
    take_in(channel)
    shop.articles = [article(1, "B"), article(2, "A")]
    run = take_in(channel)

    assert (problems(run, 1), problems(run, 2)) == (["code_of_other"], ["code_of_other"])
    assert dict(Listing.objects.values_list("external_id", "sku__code")) == {"1": "A", "2": "B"}
    assert not SkuAlias.objects.exists()


def test_codes_with_quotes_slashes_and_percents_come_in_and_can_be_looked_at(channel: Channel, shop: ToyShop):
    odd = ["A/B 1", "50%20", "O'Neill", 'say "hi"', "<b>x</b>", "back\\slash", "{{ 7*7 }}", "%s", "\u65e5\u672c"]
    shop.articles = [article(number, code, title=code) for number, code in enumerate(odd)]
    run = read(channel)
    browser = Client()
    browser.force_login(UserFactory(role=Role.OPERATIONS))
    page = browser.get(f"/catalog/imports/{run.public_id}/").content.decode()
    assert "<b>x</b>" not in page
    assert "{{ 7*7 }}" in page
    apply_import(run.pk, actor=AGENT)
    work_it_off()

    assert codes() == sorted(odd)
    api = Door(make_key())
    for code in odd:
        rows = api.get(f"/api/v1/catalog-imports/{run.public_id}/rows?code={quote(code)}").json()["items"]
        assert [row["code"] for row in rows] == [code]


def test_a_step_that_runs_twice_takes_nothing_in_twice(channel: Channel, shop: ToyShop):
    shop.articles = [article(1, "A", barcodes=["96385074"]), article(2, "B")]
    run = take_in(channel)
    steps = StepRun.objects.filter(step__in=["read_catalog", "compare_catalog", "apply_catalog"])
    before = (list(Sku.objects.values()), list(Barcode.objects.values()), CatalogImport.objects.values().get())
    steps.update(state="due", finished_at=None)
    work_it_off()

    assert (list(Sku.objects.values()), list(Barcode.objects.values()), CatalogImport.objects.values().get()) == before
    assert ImportRow.objects.filter(run=run).count() == 2


def test_pages_that_lead_in_a_circle_end(channel: Channel, shop: ToyShop):
    shop.page_size = 1
    shop.articles = [article(1, "A"), article(2, "B"), article(3, "C")]
    given = shop._articles

    def circle(query: dict[str, str]) -> Any:
        status, body, headers = given(query)
        return status, body | {"next": "1" if query["page"] == "3" else body["next"]}, headers

    shop._articles = circle  # type: ignore[method-assign]
    run = start_import(channel, actor=AGENT)
    work_it_off()

    stopped = CatalogImport.objects.get(pk=run.pk)
    assert stopped.state == "stopped"
    assert "leads back" in stopped.trouble
    assert len([path for _, path, _ in shop.requests if path == "/v1/articles"]) <= 4


def test_a_shop_that_gives_an_id_or_a_title_as_a_number_is_read(channel: Channel, shop: ToyShop):
    shop.articles = [
        {"id": 2**63 + 5, "sku": "A", "title": "x" * 5_000, "currency": "GBP", "barcodes": ["0", "N/A", ""]}
    ]
    take_in(channel)

    listing = Listing.objects.get()
    assert listing.external_id == str(2**63 + 5)
    assert len(Sku.objects.get().name) == 255
    assert not Barcode.objects.exists()
