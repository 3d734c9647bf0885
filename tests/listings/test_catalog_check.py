"""The catalog check finds what needs a hand, and each fix does what it says."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.models import Role
from apps.catalog.models import Barcode, Sku, SkuAlias
from apps.core.process_cache import clear_process_cache
from apps.listings.catalog_checks import CHECKS
from apps.listings.models import Listing
from apps.network.models import Node
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


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(UserFactory(role=Role.OPERATIONS))
    return client


def found(check: str) -> list[str]:
    return sorted(str(getattr(row, "code", "")) for row in CHECKS[check]())


def test_each_check_finds_its_own_and_nothing_else():
    shop = ChannelFactory(code="shop", currencies=["EUR"])
    SkuFactory(code="GOOD", currency="EUR", weight_g=10)
    SkuFactory(code="LIGHT", weight_g=0)
    SkuFactory(code="AB 1"), SkuFactory(code="AB1")
    SkuFactory(code="X", name="Same"), SkuFactory(code="Y", name="Same")
    SkuFactory(code="Z", name="Same", attributes={"size": "M"})
    NodeFactory(code="leeds"), NodeFactory(code="york", latitude=None)
    for code in ("GOOD", "LIGHT"):
        Listing.objects.create(channel=shop, external_id=code, code=code, sku=Sku.objects.get(code=code))
    Listing.objects.create(channel=shop, external_id="9", code="WHAT")
    Listing.objects.create(channel=shop, external_id="10", code="GONE", active=False)

    assert found("unmatched") == ["WHAT"]
    assert found("without_weight") == ["LIGHT"]
    assert found("alike") == ["AB 1", "AB1"]
    assert found("same_name") == ["X", "Y"]
    assert found("other_currency") == ["LIGHT"]
    assert found("places_unlocated") == ["york"]
    assert len(found("never_sold")) == Sku.objects.count()


def test_what_stood_in_an_order_is_not_never_sold():
    ChannelFactory()
    make_policy()
    make_stock(N1={"A": 3, "B": 3})
    make_order(lines={"A": 1})
    work_it_off()

    assert found("never_sold") == ["B"]


def test_every_check_has_its_page_with_its_count(browser: Client):
    SkuFactory(code="LIGHT", weight_g=0)
    Node.objects.all().delete()
    clear_process_cache()
    for check in CHECKS:
        answer = browser.get(f"/catalog/check/?show={check}")
        assert answer.status_code == 200
    assert "LIGHT" in browser.get("/catalog/check/?show=without_weight").content.decode()
    assert "Nothing to do here" in browser.get("/catalog/check/?show=unmatched").content.decode()


def test_a_listing_is_matched_by_barcode_and_its_code_is_learned(browser: Client):
    shop = ChannelFactory(code="shop")
    sku = SkuFactory(code="MUG")
    Barcode.objects.create(sku=sku, code="012345678905")
    listing = Listing.objects.create(channel=shop, external_id="9", code="BECHER")
    browser.post(f"/catalog/check/listings/{listing.pk}/", {"sku": "0012345678905"})

    assert Listing.objects.get().sku == sku
    assert list(SkuAlias.objects.values_list("alias", "channel")) == [("BECHER", "shop")]


def test_an_order_that_waits_for_the_code_goes_on_once_it_is_matched(browser: Client):
    shop = ChannelFactory()
    make_policy()
    make_stock(N1={"MUG": 3})
    order = make_order(lines={"BECHER": 1})
    work_it_off()
    assert again(order).lines.get().sku is None
    listing = Listing.objects.create(channel=shop, external_id="9", code="BECHER")
    browser.post(f"/catalog/check/listings/{listing.pk}/", {"sku": "MUG"})
    work_it_off()

    assert again(order).lines.get().sku.code == "MUG"
    assert again(order).state == "released"


def test_a_listing_is_not_matched_with_what_is_no_sku(browser: Client):
    listing = Listing.objects.create(channel=ChannelFactory(), external_id="9", code="BECHER")
    answer = browser.post(f"/catalog/check/listings/{listing.pk}/", {"sku": "NOTHING"}, follow=True)

    assert "There is no SKU NOTHING" in answer.content.decode()
    assert Listing.objects.get().sku is None
    assert not SkuAlias.objects.exists()


def test_a_weight_is_said(browser: Client):
    sku = SkuFactory(code="LIGHT", weight_g=0)
    browser.post(f"/catalog/check/weigh/{sku.pk}/", {"grams": "350"})
    assert Sku.objects.get().weight_g == 350

    browser.post(f"/catalog/check/weigh/{sku.pk}/", {"grams": "-1"})
    assert Sku.objects.get().weight_g == 350


def test_goods_are_no_longer_sold(browser: Client):
    sku = SkuFactory(code="OLD")
    browser.post(f"/catalog/check/retire/{sku.pk}/")

    assert not Sku.objects.get().active


def test_two_skus_become_one_with_all_that_was_known_of_both(browser: Client):
    gone, kept = SkuFactory(code="AB 1"), SkuFactory(code="AB1")
    Barcode.objects.create(sku=gone, code="4006381333931")
    SkuAlias.objects.create(sku=gone, alias="ALT")
    Listing.objects.create(channel=ChannelFactory(), external_id="9", code="AB 1", sku=gone)
    browser.post(f"/catalog/check/merge/{gone.pk}/", {"sku": "ab1"})

    assert Sku.objects.get() == kept
    assert Listing.objects.get().sku == kept
    assert kept.barcodes.get().code == "4006381333931"
    assert set(kept.aliases.values_list("alias", flat=True)) == {"ALT", "AB 1"}


@pytest.mark.parametrize("used", ["stock", "order"])
def test_a_sku_that_was_used_is_not_merged_away_and_nothing_moves(browser: Client, used: str):
    ChannelFactory()
    make_policy()
    SkuFactory(code="KEPT")
    make_stock(N1={"GONE": 1})
    if used == "order":
        make_order(lines={"GONE": 1})
        work_it_off()
    gone = Sku.objects.get(code="GONE")
    Barcode.objects.create(sku=gone, code="4006381333931")
    answer = browser.post(f"/catalog/check/merge/{gone.pk}/", {"sku": "KEPT"}, follow=True)

    assert "GONE can&#39;t become another SKU" in answer.content.decode() or "can't become" in answer.content.decode()
    assert Sku.objects.count() == 2
    assert Barcode.objects.get().sku == gone


def test_the_fixes_are_there_by_api(browser: Client):
    api, shop = Door(make_key()), ChannelFactory()
    SkuFactory(code="MUG", name="Same"), SkuFactory(code="MUG2", name="Same")
    listing = Listing.objects.create(channel=shop, external_id="9", code="BECHER")

    assert api.get("catalog-check").data["counts"]["unmatched"] == 1
    assert api.post(f"listings/{listing.public_id}/match", {"sku": "MUG2"}).data["sku"] == "MUG2"
    assert api.post("sku-merges", {"sku": "MUG2", "into": "MUG"}).data["code"] == "MUG"
    assert api.get("catalog-check").data["counts"]["unmatched"] == 0
    assert Listing.objects.get().sku.code == "MUG"


@pytest.mark.parametrize("role", [Role.AGENT, Role.LEAD, Role.MANAGER])
def test_who_may_not_write_the_catalog_tidies_nothing(role: str):
    client = Client()
    client.force_login(UserFactory(role=role))
    sku = SkuFactory(code="LIGHT", weight_g=0)

    assert client.get("/catalog/check/").status_code == 403
    assert client.post(f"/catalog/check/weigh/{sku.pk}/", {"grams": "350"}).status_code == 403
    assert Sku.objects.get().weight_g == 0
