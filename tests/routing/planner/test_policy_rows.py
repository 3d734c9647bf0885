"""Priorities, zones and thresholds: rows D2, D5, D7, D8 (Magento MSI), E7, E10 (Saleor), G7, G8, G9 (HotWax).

MSI's fixture counts in halves (eu-1 = 5.5); ours are whole units, so rows D are scaled by two.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from apps.routing.planner import LineDemand, Site, StockFact
from tests.routing.planner.builders import a_demand, a_site, placed, short, solve, verdict_codes


def fixture_nodes() -> list[Site]:
    """eu-1 to eu-3 and eu-disabled are stock 10, us-1 is stock 20; together they are 30. Twice MSI's quantities.
    A SKU flagged out of stock at a node has nothing to offer there, whatever its quantity."""
    europe, world = frozenset({"10", "30"}), frozenset({"20", "30"})
    return [
        a_site("eu-1", {"SKU-1": 11}, groups=europe),
        a_site("eu-2", {"SKU-1": 6, "SKU-3": 0, "SKU-4": 12}, groups=europe),
        a_site("eu-3", {"SKU-1": 0}, groups=europe),
        a_site("eu-disabled", {"SKU-1": 20}, groups=europe, active=False),
        a_site("us-1", {"SKU-2": 10}, groups=world),
    ]


BY_ORDER = {"criteria": ("given_order",), "node_order": ("eu-1", "eu-2", "eu-3", "eu-disabled")}


def test_D2_units_come_in_the_order_of_the_nodes():
    answer = solve(a_demand(**{"SKU-1": 14}, node_groups=("10",)), fixture_nodes(), **BY_ORDER)

    assert placed(answer) == {("eu-1", "SKU-1"): 11, ("eu-2", "SKU-1"): 3}
    assert verdict_codes(answer, "eu-disabled") == ["node_inactive"]


def test_D5_the_result_follows_the_node_order_given_and_the_order_is_not_shippable():
    demand = a_demand(**{"SKU-1": 10, "SKU-2": 6}, node_groups=("10",))

    answer = solve(
        demand,
        fixture_nodes(),
        criteria=("given_order",),
        node_order=("eu-3", "eu-2", "eu-1"),
        partial="ship_available",
    )

    assert placed(answer) == {("eu-1", "SKU-1"): 4, ("eu-2", "SKU-1"): 6}
    assert short(answer) == {"SKU-2": 6}
    assert answer.outcome == "partial"


def test_D5_without_a_sequence_the_order_of_the_input_counts():
    demand = a_demand(**{"SKU-1": 10}, node_groups=("10",))

    answer = solve(demand, list(reversed(fixture_nodes())), criteria=("given_order",))

    assert placed(answer) == {("eu-1", "SKU-1"): 4, ("eu-2", "SKU-1"): 6}


def test_D7_the_case_of_a_sku_does_not_matter():
    demand = a_demand(LineDemand("1", "sku-1", 30), node_groups=("10",))

    answer = solve(demand, fixture_nodes(), partial="ship_available", **BY_ORDER)

    assert placed(answer) == {("eu-1", "1"): 11, ("eu-2", "1"): 6}
    assert short(answer) == {"1": 13}


@pytest.mark.parametrize(
    ("sku", "stock", "sellable"),
    [
        ("SKU-1", "10", True),
        ("SKU-1", "20", False),
        ("SKU-1", "30", True),
        ("SKU-2", "10", False),
        ("SKU-2", "20", True),
        ("SKU-2", "30", True),
        ("SKU-3", "10", False),
        ("SKU-3", "20", False),
        ("SKU-3", "30", False),
    ],
)
def test_D8_what_a_channel_can_sell_depends_on_its_node_group(sku, stock, sellable):
    answer = solve(a_demand(**{sku: 2}, node_groups=(stock,)), fixture_nodes())

    assert (answer.outcome == "routed") is sellable


def test_E7_picks_by_what_is_available_and_not_by_what_is_on_hand():
    """W1 has 4 on hand of which 2 are allocated, W2 3 of which 2: available, as the planner is told, 2 and 1."""
    answer = solve(a_demand(X=3), [a_site("w1", {"X": 4 - 2}), a_site("w2", {"X": 3 - 2})])

    assert placed(answer) == {("w1", "X"): 2, ("w2", "X"): 1}


def test_E10_nodes_outside_the_shipping_zone_do_not_count_where_the_policy_requires_it():
    sites = [a_site("n", {"X": 100}, serves=frozenset({"DE"}))]

    answer = solve(a_demand(X=1), sites, require_in_shipping_zone=True)

    assert (answer.outcome, answer.reason) == ("unroutable", "no_candidate")
    assert verdict_codes(answer, "n") == ["outside_shipping_zone"]


def test_E10_nodes_outside_the_shipping_zone_count_where_the_policy_does_not_care():
    sites = [a_site("n", {"X": 100}, serves=frozenset({"DE"}))]

    assert solve(a_demand(X=1), sites, require_in_shipping_zone=False).outcome == "routed"


def test_G7_a_store_at_its_daily_limit_is_passed_over():
    sites = [a_site("full", {"X": 1}, base=1, capacity_left=0), a_site("free", {"X": 1}, capacity_left=1)]

    answer = solve(a_demand(X=1), sites)

    assert answer.sites == ("free",)
    assert verdict_codes(answer, "full") == ["no_capacity"]


BELT = LineDemand("belt", "BELT", 1, unit_price_minor=8_000)
WALLET = LineDemand("wallet", "WALLET", 1, unit_price_minor=16_000)
APART = [a_site("n1", {"BELT": 1}), a_site("n2", {"WALLET": 1})]


@pytest.mark.parametrize("partial", ["hold", "ship_available"])
def test_G8_no_split_where_one_part_is_worth_less_than_the_threshold(partial):
    answer = solve(a_demand(BELT, WALLET), APART, min_shipment_value_minor=10_000, partial=partial)

    assert answer.assignments == ()
    assert answer.reason == "shipment_value"


def test_G8_a_split_whose_parts_are_all_worth_it_is_made():
    answer = solve(a_demand(BELT, WALLET), APART, min_shipment_value_minor=8_000)

    assert answer.sites == ("n1", "n2")


def test_G9_no_split_where_both_parts_are_worth_less_than_the_threshold():
    demand = a_demand(BELT, replace(WALLET, unit_price_minor=8_000))

    assert solve(demand, APART, min_shipment_value_minor=8_001).assignments == ()


def test_the_threshold_does_not_touch_an_order_that_ships_whole():
    sites = [*APART, a_site("n3", {"BELT": 1, "WALLET": 1}, base=9_000)]

    assert solve(a_demand(BELT, WALLET), sites, min_shipment_value_minor=99_999).sites == ("n3",)


def test_the_threshold_does_not_touch_an_order_that_waits_for_its_rest_in_one_place():
    sites = [a_site("n1", {"BELT": StockFact(1, backorderable=True)})]

    answer = solve(a_demand(replace(BELT, quantity=3)), sites, min_shipment_value_minor=99_999, partial="backorder")

    assert (answer.outcome, answer.sites) == ("backordered", ("n1",))


def test_the_threshold_also_holds_for_the_part_that_stays_behind():
    demand = a_demand(BELT, WALLET)

    answer = solve(demand, [a_site("n2", {"WALLET": 1})], min_shipment_value_minor=10_000, partial="ship_available")

    assert answer.assignments == ()


def test_too_many_parcels_is_not_blamed_on_the_threshold():
    sites = [a_site(f"n{i}", {"BELT": 1}) for i in range(3)]

    answer = solve(a_demand(replace(BELT, quantity=3)), sites, min_shipment_value_minor=100, max_splits=2)

    assert answer.reason == "max_splits"
