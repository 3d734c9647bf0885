"""What may be sent instead of something else, and in which order it is offered."""

from __future__ import annotations

from typing import Any

import pytest

from apps.catalog.models import Sku, Substitute, SubstituteRule
from apps.catalog.selectors import stand_ins_for
from tests.factories import SkuFactory

pytestmark = pytest.mark.django_db


def shirt(code: str, price: int = 1000, **changes: Any) -> Sku:
    return SkuFactory(code=code, category="shirts", price_minor=price, **changes)


def rule(**changes: Any) -> SubstituteRule:
    given = {"category": "shirts", "least_percent": 80, "most_percent": 120, **changes}
    return SubstituteRule.objects.create(**given)


def offered(sku: Sku) -> list[str]:
    return [one.sku.code for one in stand_ins_for(sku)]


def test_what_is_named_outright_comes_first_in_its_rank_and_counts_in_full():
    sku, later, first = shirt("A"), shirt("B"), shirt("C")
    Substitute.objects.create(sku=sku, substitute=later, rank=20)
    Substitute.objects.create(sku=sku, substitute=first, rank=10)
    rule()
    shirt("D")

    assert offered(sku) == ["C", "B", "D"]
    assert [(one.likeness, one.explicit) for one in stand_ins_for(sku)] == [(100, True), (100, True), (99, False)]


def test_a_substitute_goes_one_way_unless_both_are_said():
    sku, other = shirt("A"), shirt("B")
    named = Substitute.objects.create(sku=sku, substitute=other)
    assert (offered(sku), offered(other)) == (["B"], [])

    named.both_ways = True
    named.save()
    assert offered(other) == ["A"]


def test_what_is_no_longer_sold_stands_in_for_nothing():
    sku = shirt("A")
    rule()
    Substitute.objects.create(sku=sku, substitute=shirt("B", active=False))
    shirt("C", active=False)

    assert offered(sku) == []


@pytest.mark.parametrize(("price", "fits"), [(799, False), (800, True), (1200, True), (1201, False)])
def test_a_rule_offers_what_costs_about_as_much(price: int, fits: bool):
    sku = shirt("A", 1000)
    rule()
    shirt("B", price)

    assert offered(sku) == (["B"] if fits else [])


def test_a_rule_offers_neither_itself_nor_another_currency_nor_another_category():
    sku = shirt("A")
    rule()
    shirt("B", currency="EUR")
    SkuFactory(code="C", category="socks", price_minor=1000)

    assert offered(sku) == []


def test_a_rule_may_lead_to_another_category_and_one_switched_off_leads_nowhere():
    sku = shirt("A")
    SkuFactory(code="C", category="tops", price_minor=1000)
    leading = rule(to_category="tops")
    assert [one.because for one in stand_ins_for(sku)] == ["shirts may be tops"]

    leading.active = False
    leading.save()
    assert offered(sku) == []


def test_what_has_to_agree_agrees_also_where_neither_says_it():
    sku, silent = shirt("A", attributes={"size": "M"}), shirt("Z")
    rule(same_attributes=["size"])
    shirt("B", attributes={"size": "M", "colour": "red"})
    shirt("C", attributes={"size": "L"})
    shirt("D")

    assert offered(sku) == ["B"]
    assert offered(silent) == ["D"]


def test_the_likelier_one_has_the_nearer_price_and_more_in_common():
    sku = shirt("A", 1000, attributes={"size": "M", "colour": "red"})
    rule()
    shirt("B", 1000, attributes={"size": "M", "colour": "blue"})
    shirt("C", 1000, attributes={"size": "M", "colour": "red"})
    shirt("D", 800, attributes={"size": "M", "colour": "red"})

    assert [(one.sku.code, one.likeness) for one in stand_ins_for(sku)] == [("C", 99), ("D", 89), ("B", 74)]
    assert stand_ins_for(sku)[2].because == "same category (shirts), same size"
