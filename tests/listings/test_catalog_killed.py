"""A worker is killed (-9) while a catalog is read, and while it is taken in: it goes on where it was, and nothing is there twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.catalog.models import Barcode, Sku
from apps.channels.models import Channel
from apps.core import clock
from apps.core.models import Event
from apps.listings.models import CatalogImport, ImportRow, Listing
from apps.listings.services import catalog_applying
from apps.listings.services.catalog_applying import apply_import
from apps.listings.services.catalog_reading import start_import
from tests.channels.toy_shop import ToyShop
from tests.driving import work_it_off
from tests.factories import AGENT
from tests.listings.killing import STAY, kill_worker_at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
VARIANTS, LOT = 6, 2
_SECOND_TIME = """
calls = []
def stay(*given, **named):
    calls.append(1)
    if len(calls) < 2: return known(*given, **named)
    {stay}
"""
# The second page was fetched and is not kept yet.
READING = (
    "from apps.listings.services import catalog_reading as part\nknown = part._keep"
    + _SECOND_TIME.format(stay=STAY)
    + "part._keep = stay"
)
# Of the second lot the SKUs, their barcodes and their listings are written, and nothing of it is committed.
APPLYING = (
    "from apps.listings.services import catalog_applying as part\npart.LOT = 2\nknown = part.note_judged"
    + _SECOND_TIME.format(stay=STAY)
    + "part.note_judged = stay"
)


@pytest.fixture
def catalog(shop: ToyShop) -> list[dict[str, Any]]:
    shop.page_size = 2
    shop.articles = [
        {"id": n, "sku": f"S-{n}", "title": f"Thing {n}", "currency": "GBP", "barcodes": [f"400638133393{n}"]}
        for n in range(1, VARIANTS + 1)
    ]
    return shop.articles


def assert_taken_in_once(run: CatalogImport) -> None:
    codes = [f"S-{n}" for n in range(1, VARIANTS + 1)]
    assert CatalogImport.objects.get(pk=run.pk).state == "done"
    assert sorted(Sku.objects.values_list("code", flat=True)) == codes
    assert Sku.history.count() == Barcode.objects.count() == VARIANTS
    assert sorted(Listing.objects.values_list("code", "sku__code")) == [(code, code) for code in codes]
    assert Event.objects.filter(name="sku.upserted").count() == VARIANTS


def test_a_worker_killed_while_reading_is_replaced_by_one_that_asks_for_the_same_page(
    channel: Channel, shop: ToyShop, catalog: list[dict[str, Any]]
):
    run = start_import(channel, actor=AGENT)
    kill_worker_at(READING)
    assert CatalogImport.objects.get(pk=run.pk).read == ImportRow.objects.count() == 2

    with clock.moved(timedelta(minutes=1)):
        work_it_off()
        apply_import(run.pk, actor=AGENT)
        work_it_off()

    asked = [query["page"] for _, path, query in shop.requests if path == "/v1/articles"]
    assert asked == ["1", "2", "2", "3"]
    assert_taken_in_once(run)


def test_a_worker_killed_while_applying_leaves_whole_lots_and_the_next_one_goes_on(
    channel: Channel, catalog: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(catalog_applying, "LOT", LOT)
    run = start_import(channel, actor=AGENT)
    work_it_off()
    apply_import(run.pk, actor=AGENT)

    kill_worker_at(APPLYING, lane="steps")

    assert CatalogImport.objects.get(pk=run.pk).state == "applying"
    assert Sku.objects.count() == Listing.objects.count() == Barcode.objects.count() == LOT
    work_it_off()
    assert_taken_in_once(run)
