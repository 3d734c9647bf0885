"""The one sentence for support staff."""

from __future__ import annotations

import random

import pytest

from apps.routing.planner import LineDemand, Rate, StockFact, explain, plan, runner_ups
from apps.routing.planner.problem import PolicyContent
from apps.routing.planner.search import Search
from tests.routing.planner.builders import a_demand, a_site, solve

TWO = a_demand(X=2)


def sentence(demand, sites, **policy):
    return explain(solve(demand, sites, **policy), demand)


def test_a_single_parcel_names_the_dearer_node_and_the_one_with_too_little():
    sites = [a_site("leeds", {"X": 2}), a_site("hull", {"X": 2}, base=620), a_site("york", {"X": 1})]

    assert sentence(TWO, sites) == (
        "Ships from Leeds: cheapest single parcel; Hull was £1.20 more expensive, York had 1 of 2."
    )


def test_money_has_the_digits_of_its_currency():
    sites = [a_site("leeds", {"X": 2}), a_site("hull", {"X": 2}, base=620)]

    assert "Hull was ¥120 more expensive" in sentence(a_demand(X=2, currency="JPY"), sites)
    assert "Hull was 0.120 KWD more expensive" in sentence(a_demand(X=2, currency="GBP", cost_currency="KWD"), sites)


def test_a_split_says_that_no_node_had_all_and_what_the_next_best_split_would_cost():
    sites = [a_site("leeds", {"X": 1}), a_site("hull", {"X": 1}), a_site("york", {"X": 1}, base=700)]

    told = sentence(TWO, sites)

    assert told.startswith("Split over Hull and Leeds: no single location had all; cheapest")
    assert "Leeds and York instead of Hull was £2.00 more expensive" in told


def test_a_split_made_though_one_node_had_all_says_so():
    sites = [a_site("a", {"X": 1}, base=10), a_site("b", {"X": 1}, base=10), a_site("c", {"X": 2}, base=900)]

    assert (
        sentence(TWO, sites)
        == "Split over A and B: cheapest, though a single location had all; C was £8.80 more expensive."
    )


def test_the_praise_is_the_criterion_that_decided():
    sites = [a_site("a", {"X": 2}, priority=2), a_site("b", {"X": 2}, priority=1)]

    assert sentence(TWO, sites, criteria=("node_priority",)) == (
        "Ships from B: highest priority single parcel; A had a lower priority."
    )


def test_the_only_node_is_called_that():
    assert sentence(TWO, [a_site("a", {"X": 2}), a_site("b")]) == "Ships from A: the only location that can."
    assert sentence(a_demand(X=1, Y=1), [a_site("a", {"X": 1, "Y": 1}), a_site("b", {"X": 1})]) == (
        "Ships from A: the only location with everything; B had 0 of 1 Y."
    )


def test_a_node_that_had_the_goods_but_failed_a_test_is_mentioned():
    sites = [a_site("a", {"X": 2}), a_site("b", {"X": 2}, open=False, closed_reason="stocktaking")]

    assert sentence(TWO, sites).endswith("B was ruled out (closed: stocktaking).")


def test_nodes_that_tie_in_everything_are_as_good():
    assert sentence(TWO, [a_site("a", {"X": 2}), a_site("b", {"X": 2})]) == (
        "Ships from A: cheapest single parcel; B was as good."
    )


def test_unroutable_counts_the_nodes_by_their_reason():
    sites = [a_site("a"), a_site("b"), a_site("c", {"X": 1}), a_site("d", {"X": 9}, active=False), a_site("e")]

    assert sentence(TWO, sites) == (
        "No location can ship this: the locations that have X can't ship this order; "
        "3 of 5 locations don't stock X, 1 of 5 locations had too little X, 1 of 5 locations ruled out (switched off)."
    )


def test_what_no_node_stocks_is_said_once():
    assert sentence(TWO, [a_site("a"), a_site("b")]) == "No location can ship this: no location stocks X."


def test_unroutable_without_any_nodes_says_that():
    assert sentence(TWO, []) == "No location can ship this: there are no locations to choose from."


def test_too_many_parcels_is_the_reason_where_it_is():
    sites = [a_site("a", {"X": 1}), a_site("b", {"X": 1})]

    assert sentence(TWO, sites, max_splits=1) == (
        "No location can ship this: it would take more parcels than the policy allows."
    )


def test_a_backorder_says_how_many_and_where():
    sites = [a_site("a", {"X": StockFact(1, True)})]

    assert sentence(a_demand(X=3), sites, partial="backorder") == (
        "Ships from A: cheapest single parcel; backordered: 2 at A."
    )


def test_a_part_shipment_says_what_is_left_and_why():
    told = sentence(a_demand(X=3, Y=1), [a_site("a", {"X": 1})], partial="ship_available")

    assert told == (
        "Ships from A: cheapest single parcel; "
        "2 units left unserved (not enough X in stock); 1 unit left unserved (no location stocks Y)."
    )


def test_a_search_cut_short_owns_up_to_it():
    rng = random.Random(5)
    sites = [
        a_site(
            f"n{i}",
            {sku: rng.randint(1, 3) for sku in ("X", "Y", "Z") if rng.random() < 0.6},
            base=rng.randint(300, 600),
            pick_minor=rng.randint(0, 200),
        )
        for i in range(20)
    ]
    demand = a_demand(X=4, Y=4, Z=4)

    answer = plan(demand, sites, PolicyContent(node_budget=3, max_splits=4))

    assert answer.outcome == "routed"
    assert not answer.search.exact
    assert "the search stopped at its limit" in explain(answer, demand)


def test_every_outcome_reads_as_one_sentence():
    for partial in ("hold", "ship_available", "backorder"):
        for stock in ({}, {"X": 1}, {"X": StockFact(1, True)}, {"X": 3}, {"X": StockFact(-2, True, 1)}):
            told = sentence(a_demand(X=3), [a_site("a", stock), a_site("b", {"Y": 1})], partial=partial)
            assert told.endswith(".")
            assert "None" not in told
            assert "  " not in told


def test_an_equally_good_node_is_listed_as_one_that_could_have_shipped_alone():
    answer = solve(TWO, [a_site("a", {"X": 2}), a_site("b", {"X": 2})])

    assert [(loser.kind, loser.sites, loser.cost_milli) for loser in answer.runner_ups] == [("alone", ("b",), 500_000)]


def test_an_equally_good_split_is_listed_even_where_no_tie_break_tells_the_two_apart():
    # A with D, or B with C: the same parcels at the same cost, and by their codes neither comes first.
    sites = [a_site("a", {"X": 1}), a_site("b", {"X": 1, "Z": 1}), a_site("c", {"Y": 1}), a_site("d", {"Y": 1, "Z": 1})]

    answer = solve(a_demand(X=1, Y=1, Z=1), sites)

    pairs = {("a", "d"), ("b", "c")}
    chosen = tuple(sorted({part.site for part in answer.assignments}))
    [other] = pairs - {chosen}
    assert [(loser.kind, loser.sites) for loser in answer.runner_ups] == [("without", other), ("without", other)]
    assert {loser.cost_milli for loser in answer.runner_ups} == {1_000_000}


def test_no_more_than_three_losers_are_named_the_best_first():
    sites = [a_site(f"n{place}", {"X": 2}, base=500 + place * 10) for place in range(6)]

    assert sentence(TWO, sites) == (
        "Ships from N0: cheapest single parcel; N1 was £0.10 more expensive, N2 was £0.20 more expensive, N3 was £0.30 more expensive."
    )


def test_nodes_that_had_too_little_are_named_as_long_as_three_are_not_full():
    sites = [a_site("a", {"X": 2}), a_site("b", {"X": 2}, base=510)]
    sites += [a_site(code, {"X": 1}) for code in ("c", "d", "e")]

    assert sentence(TWO, sites).endswith("B was £0.10 more expensive, C had 1 of 2, D had 1 of 2.")


def test_a_difference_below_a_penny_is_a_fraction():
    sites = [a_site("a", {"X": 2}), a_site("b", {"X": 2}, rates={"standard": Rate(500, per_km_milli=1)})]

    assert "B was a fraction more expensive" in sentence(TWO, sites, assumed_distance_km=499)
    assert "B was £0.01 more expensive" in sentence(TWO, sites, assumed_distance_km=500)


def test_a_node_short_of_several_skus_says_of_how_many():
    sites = [a_site("a", {"X": 2, "Y": 2, "Z": 2}), a_site("b", {"X": 1, "Y": 1, "Z": 2})]

    assert sentence(a_demand(X=2, Y=2, Z=2), sites).endswith("B was short of 2 of 3 SKUs.")


def test_of_many_skus_three_are_named_and_the_others_counted():
    five = a_demand(A=1, B=1, C=1, D=1, E=1)

    assert "no location stocks A, B, C and 2 more" in sentence(five, [a_site("a", {"X": 1})])
    assert "no location stocks A, B and C" in sentence(a_demand(A=1, B=1, C=1), [a_site("a", {"X": 1})])


def test_one_node_is_spoken_of_in_the_singular():
    sites = [a_site("a"), a_site("b", {"X": 1})]

    assert sentence(TWO, sites) == (
        "No location can ship this: not enough X in stock; 1 of 2 locations doesn't stock X, 1 of 2 locations had too little X."
    )


def test_a_node_without_any_a_node_that_refused_and_one_that_doubts_are_told_apart():
    demand = a_demand(LineDemand("1", "X", 5, excluded_nodes=("b",)))
    sites = [a_site("a", {"X": 0}), a_site("b", {"X": 9}), a_site("c", {"X": StockFact(9, in_doubt=True)})]

    told = sentence(demand, sites)

    for said in ("had no X", "could not ship X before", "said that X is not there"):
        assert f"1 of 3 locations {said}" in told


def test_late_units_are_listed_by_node_with_how_many():
    sites = [a_site("b", {"X": StockFact(0, True, 2)}), a_site("a", {"X": StockFact(1, True, 1)})]

    assert sentence(a_demand(X=4), sites, partial="backorder") == (
        "Split over A and B: no single location had all; cheapest way to split it; backordered: 1 at A and 2 at B."
    )


def test_nothing_but_late_units_is_backordered_there():
    assert sentence(TWO, [a_site("a", {"X": StockFact(0, True)})], partial="backorder") == (
        "Backordered at A: cheapest single parcel; backordered: 2 at A."
    )


def test_thousands_of_units_left_are_written_in_groups():
    assert "1,999 units left unserved (not enough X in stock)" in sentence(
        a_demand(X=2_000), [a_site("a", {"X": 1})], partial="ship_available"
    )


@pytest.mark.parametrize(
    ("criteria", "doubt"),
    [
        (("least_cost",), "; the search stopped at its limit, at most £2.44 from the best."),
        (("fewest_shipments",), "; the search stopped at its limit, there may be a better plan."),
    ],
)
def test_a_search_cut_short_says_how_far_from_the_best_it_may_be(criteria, doubt):
    rng = random.Random(5)
    sites = [
        a_site(f"n{i}", {sku: rng.randint(1, 3) for sku in ("X", "Y", "Z") if rng.random() < 0.6}, base=300 + 7 * i)
        for i in range(20)
    ]
    demand = a_demand(X=4, Y=4, Z=4)

    answer = plan(demand, sites, PolicyContent(node_budget=3, max_splits=4, criteria=criteria))

    assert doubt in explain(answer, demand)
    assert (answer.search.gap_criterion, answer.search.gap > 0) == (criteria[0], True)


def test_a_plan_without_a_node_does_without_it_though_it_had_everything():
    sites = [a_site("a", {"X": 100}, base=100, pick_minor=50), a_site("b", {"X": 90}, base=100, pick_minor=1)]
    sites.append(a_site("c", {"X": 10}, base=9_000, pick_minor=60))

    answer = solve(a_demand(X=100), sites)

    assert answer.sites == ("a", "b")
    assert [(loser.kind, loser.avoided, loser.sites) for loser in answer.runner_ups] == [
        ("alone", None, ("a",)), ("without", "a", ("b", "c")), ("without", "b", ("a",)),
    ]  # fmt: skip


@pytest.mark.parametrize(("budget", "share"), [(20_000, 4_000), (11, 3)])
def test_what_would_be_without_a_node_is_searched_for_a_fifth_as_long(monkeypatch, budget, share):
    budgets = []

    class Watched(Search):
        def __init__(self, instance, budget, least_value):
            budgets.append(budget)
            super().__init__(instance, budget, least_value)

    monkeypatch.setattr(runner_ups, "Search", Watched)

    plan(TWO, [a_site("a", {"X": 1}), a_site("b", {"X": 1})], PolicyContent(node_budget=budget))

    assert budgets == [share, share]


def test_a_node_is_counted_under_the_sku_it_is_shortest_of():
    sites = [a_site("a", {"X": 1, "Y": 1}), a_site("b", {"X": 1, "Y": 0})]

    assert sentence(a_demand(X=4, Y=2), sites) == (
        "No location can ship this: not enough X and Y in stock; 1 of 2 locations had too little X, 1 of 2 locations had no Y."
    )


def test_the_three_reasons_that_most_nodes_have_are_counted():
    sites = [a_site(f"off{n}", active=False) for n in range(4)] + [a_site(f"shut{n}", open=False) for n in range(3)]
    sites += [a_site(f"full{n}", capacity_left=0) for n in range(2)] + [a_site("abroad", serves=frozenset({"DE"}))]
    sites.append(a_site("stocked", {"X": 9}, active=False))

    assert sentence(TWO, sites) == (
        "No location can ship this: the locations that have X can't ship this order; 5 of 11 locations ruled out (switched off), "
        "3 of 11 locations ruled out (closed: downtime), 2 of 11 locations ruled out (no capacity left today)."
    )


def test_no_sku_is_blamed_where_it_is_the_split_that_is_not_allowed():
    sites = [a_site("a", {"X": 1}), a_site("b", {"X": 1}), a_site("c", active=False)]

    assert sentence(TWO, sites, max_splits=1) == (
        "No location can ship this: it would take more parcels than the policy allows; 1 of 3 locations ruled out (switched off)."
    )


def test_everything_together_is_said_where_the_customer_wants_it_so():
    assert sentence(a_demand(X=2, ship_complete=True), [a_site("a", {"X": 1})], partial="ship_available").endswith(
        "1 of 1 locations had too little X; the customer wants everything together."
    )
