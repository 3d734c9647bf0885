"""A SKU is known by its code, an alias, a barcode with or without leading zeros, or its name: the same at every door."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from apps.accounts.models import Role
from apps.catalog.barcodes import barcode_forms, tidy_barcode
from apps.catalog.models import Barcode, Sku, SkuAlias
from apps.catalog.selectors import resolve_codes, skus_called
from apps.inventory.models import StockLevel
from tests.api.front_door import Door
from tests.driving import again, work_it_off
from tests.factories import (
    ChannelFactory,
    NodeFactory,
    SkuFactory,
    UserFactory,
    make_key,
    make_order,
    make_policy,
    make_stock,
)

pytestmark = pytest.mark.django_db

UPC, EAN = "012345678905", "0012345678905"


@pytest.fixture
def mug() -> Sku:
    sku: Sku = SkuFactory(code="MUG", name="Blue mug")
    Barcode.objects.create(sku=sku, code=UPC)
    SkuAlias.objects.create(sku=sku, alias="BECHER")
    return sku


CALLED = ["mug", "becher", UPC, EAN, f"0{EAN}", "12345678905 ".strip().zfill(12), "blue MUG"]


@pytest.mark.parametrize("term", CALLED)
def test_every_name_of_a_sku_leads_to_it(mug: Sku, term: str):
    assert skus_called([term], names=True) == {term: mug}


def test_a_code_comes_before_an_alias_and_both_before_a_barcode(mug: Sku):
    other = SkuFactory(code=UPC)

    assert skus_called([UPC]) == {UPC: other}
    assert skus_called([EAN]) == {EAN: mug}


def test_a_name_that_two_skus_have_is_neither_of_them(mug: Sku):
    SkuFactory(code="MUG2", name="blue mug")

    assert skus_called(["blue mug"], names=True) == {}


def test_machines_do_not_mean_names(mug: Sku):
    assert skus_called(["blue mug"]) == {}


def test_what_is_no_longer_sold_is_no_sku_of_an_order(mug: Sku):
    Sku.objects.update(active=False)

    assert resolve_codes([UPC], channel="") == {}


def test_codes_that_are_found_cost_no_question_about_barcodes(mug: Sku, django_assert_num_queries):  # type: ignore[no-untyped-def]
    with django_assert_num_queries(2):
        resolve_codes(["MUG", "BECHER"], channel="")


@pytest.mark.parametrize("code", [UPC, EAN, f"0{EAN}"])
def test_no_barcode_stands_for_two_skus_even_with_another_number_of_zeros(mug: Sku, code: str):
    with pytest.raises(IntegrityError), transaction.atomic():
        Barcode.objects.create(sku=SkuFactory(code="OTHER"), code=code)


@pytest.mark.parametrize("nothing", ["", " - ", "Does not apply", "n/a", "000000000000"])
def test_what_shops_write_for_none_is_none(nothing: str):
    assert tidy_barcode(nothing) == ""
    assert barcode_forms(nothing) == []


def test_stock_is_counted_by_barcode_at_the_api(mug: Sku):
    NodeFactory(code="N1")
    body = {"reason": "count", "items": [{"node": "N1", "sku": EAN, "on_hand": 7}]}
    counted = Door(make_key()).post("inventory/levels/bulk", body)

    assert counted.status_code == 200, counted.data
    assert StockLevel.objects.get().sku == mug


def test_a_sku_and_its_stock_are_asked_for_by_barcode(mug: Sku):
    make_stock(N1={"MUG": 3})
    api = Door(make_key())

    assert api.get(f"skus/{EAN}").data["code"] == "MUG"
    assert [one["code"] for one in api.get(f"skus?barcode={EAN}").data["items"]] == ["MUG"]
    assert [one["sku"] for one in api.get(f"inventory/levels?sku={EAN}").data["items"]] == ["MUG"]
    assert api.get(f"inventory/levels/N1/{EAN}/movements").status_code == 200


def test_orders_are_found_by_the_barcode_of_what_is_in_them(mug: Sku):
    ChannelFactory()
    make_policy()
    make_stock(N1={"MUG": 3})
    order = make_order(lines={"MUG": 1})
    work_it_off()

    assert [one["id"] for one in Door(make_key()).get(f"orders?sku={EAN}").data["items"]] == [order.public_id]


def test_an_order_that_names_a_barcode_means_the_sku(mug: Sku):
    ChannelFactory()
    make_policy()
    make_stock(N1={"MUG": 3})
    order = make_order(lines={EAN: 1})
    work_it_off()

    assert again(order).lines.get().sku == mug


def test_barcodes_are_sent_and_read_at_the_api(mug: Sku):
    api = Door(make_key())
    sent = api.post("skus/bulk", {"items": [{"code": "MUG", "barcodes": ["4006381333931", EAN]}]})

    assert sent.status_code == 200, sent.data
    assert api.get("skus/MUG").data["barcodes"] == [UPC, "4006381333931"]


def test_a_barcode_of_another_sku_is_refused_at_the_api_and_nothing_changes(mug: Sku):
    refused = Door(make_key()).post("skus/bulk", {"items": [{"code": "NEW", "barcodes": [EAN]}]})

    assert (refused.status_code, refused.data["code"]) == (409, "barcode_taken")
    assert Sku.objects.count() == 1


def test_what_is_typed_once_and_scanned_once_is_counted_as_one_sku(mug: Sku):
    NodeFactory(code="N1")
    client = Client()
    client.force_login(UserFactory(role=Role.OPERATIONS))
    lines = f"MUG 2\n{EAN}\nbecher\nBlue mug\t1"
    page = client.post("/stock/work/preview/", {"work": "count", "node": "N1", "lines": lines, "reason": "Stocktake"})

    text = page.content.decode()
    assert "Book 1 SKU" in text
    assert "not a SKU we know" not in text
    assert "+5" in text


def test_the_search_finds_a_sku_by_what_a_scanner_reads(mug: Sku):
    client = Client()
    client.force_login(UserFactory(role=Role.OPERATIONS))

    assert "Blue mug" in client.get(f"/search/?q={EAN}").content.decode()
    assert "MUG" in client.get(f"/stock/?q={EAN}").content.decode()


def test_barcodes_are_kept_on_the_page_of_a_sku(mug: Sku):
    client = Client()
    client.force_login(UserFactory(role=Role.OPERATIONS))
    other = SkuFactory(code="OTHER")
    text = client.get(f"/admin/catalog/sku/{other.pk}/change/").content.decode()

    assert "barcodes-0-code" in text or "barcodes-__prefix__-code" in text
