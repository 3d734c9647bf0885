"""The catalog as a feed brings it, and which SKU a code means."""

from __future__ import annotations

import pytest

from apps.catalog.errors import AliasTaken
from apps.catalog.models import BundleComponent, Sku, SkuAlias
from apps.catalog.selectors import components_of, resolve_codes
from apps.catalog.services import SkuFacts, map_code, upsert_skus
from apps.core.models import Event
from tests.factories import AGENT, SkuFactory
from tests.unchanged import nothing_changes, refused

pytestmark = pytest.mark.django_db


def upsert(*facts: SkuFacts) -> list[bool]:
    """Whether each of them is new."""
    return [one.created for one in upsert_skus(facts, actor=AGENT)]


def told(name: str) -> list[str]:
    return list(Event.objects.filter(name=name).order_by("pk").values_list("subject_ref", flat=True))


def test_new_skus_are_made_and_known_ones_brought_up_to_date_in_the_order_asked():
    mug = SkuFactory(code="Mug", name="Mug", price_minor=900, weight_g=300)

    answers = upsert_skus(
        [SkuFacts("TEA", {"name": "Tea", "weight_g": 100}), SkuFacts("MUG", {"price_minor": 950})], actor=AGENT
    )

    assert [(one.sku.code, one.created) for one in answers] == [("TEA", True), ("Mug", False)]
    mug.refresh_from_db()
    assert (mug.name, mug.price_minor, mug.weight_g) == ("Mug", 950, 300), "what is not named stays as it is"
    assert told("sku.upserted") == [Sku.objects.get(code="TEA").public_id, mug.public_id]
    assert mug.history.latest().price_minor == 950


def test_a_feed_that_says_nothing_new_changes_nothing():
    upsert(SkuFacts("MUG", {"name": "Mug", "active": True}, [("cup", ""), ("TASSE", "shop")]))

    with nothing_changes():
        assert upsert(SkuFacts("mug", {"name": "Mug", "active": True}, [("CUP", ""), ("tasse", "shop")])) == [False]
        assert upsert(SkuFacts("mug", {})) == [False]


def test_aliases_are_added_and_never_taken_away():
    upsert(SkuFacts("MUG", {}, [("cup", "")]))
    upsert(SkuFacts("MUG", {}, [("beaker", "shop")]))

    assert set(SkuAlias.objects.values_list("alias", "channel")) == {("cup", ""), ("beaker", "shop")}


def test_an_alias_of_another_sku_is_refused_and_the_whole_feed_with_it():
    upsert(SkuFacts("MUG", {}, [("cup", "")]))

    with refused(AliasTaken):
        upsert(SkuFacts("NEW", {}), SkuFacts("GLASS", {"name": "Glass"}, [("CUP", "")]))
    # In a channel of its own it may mean something else.
    assert upsert(SkuFacts("GLASS", {}, [("CUP", "shop")])) == [True]


def test_a_code_is_mapped_once_and_told_once():
    mug = SkuFactory(code="MUG")

    map_code("cup", sku_id=mug.pk, channel="shop", actor=AGENT)
    with nothing_changes():
        assert map_code("CUP", sku_id=mug.pk, channel="shop", actor=AGENT) == mug

    event = Event.objects.get(name="sku.code_mapped")
    assert (event.data["code"], event.data["channel"], event.subject_ref) == ("cup", "shop", mug.public_id)


def test_a_code_that_means_another_sku_is_not_mapped():
    mug, glass = SkuFactory(code="MUG"), SkuFactory(code="GLASS")
    map_code("cup", sku_id=mug.pk, channel="", actor=AGENT)

    with refused(AliasTaken):
        map_code("Cup", sku_id=glass.pk, channel="", actor=AGENT)


def test_a_code_comes_before_the_channels_alias_and_that_before_a_general_one():
    mug, cup, tea = SkuFactory(code="MUG"), SkuFactory(code="CUP"), SkuFactory(code="TEA")
    for alias, sku, channel in (("cup", mug, ""), ("brew", mug, ""), ("brew", tea, "shop"), ("other", mug, "woo")):
        SkuAlias.objects.create(alias=alias, sku=sku, channel=channel)

    assert resolve_codes(["Cup", "BREW", "other", "", "nothing"], channel="shop") == {"Cup": cup, "BREW": tea}
    assert resolve_codes(["brew"], channel="woo") == {"brew": mug}
    assert resolve_codes(["", ""], channel="shop") == {}


def test_what_is_no_longer_sold_is_meant_by_no_code():
    SkuFactory(code="MUG", active=False)

    assert resolve_codes(["mug"], channel="") == {}


def test_a_set_is_known_by_its_parts_and_what_is_none_has_none():
    box, mug, tea = SkuFactory(code="BOX"), SkuFactory(code="MUG"), SkuFactory(code="TEA")
    parts = [BundleComponent.objects.create(bundle=box, component=one, quantity=n) for n, one in ((2, mug), (1, tea))]

    assert components_of([box.pk, mug.pk]) == {box.pk: parts}
