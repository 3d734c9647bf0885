"""The one sentence for support staff."""

from __future__ import annotations

import random

from apps.routing.planner import StockFact, explain, plan
from apps.routing.planner.problem import PolicyContent
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

    assert told.startswith("Split over Hull and Leeds: no single node had all; cheapest")
    assert "Leeds and York instead of Hull was £2.00 more expensive" in told


def test_a_split_made_though_one_node_had_all_says_so():
    sites = [a_site("a", {"X": 1}, base=10), a_site("b", {"X": 1}, base=10), a_site("c", {"X": 2}, base=900)]

    assert (
        sentence(TWO, sites)
        == "Split over A and B: cheapest, though a single node had all; C was £8.80 more expensive."
    )


def test_the_praise_is_the_criterion_that_decided():
    sites = [a_site("a", {"X": 2}, priority=2), a_site("b", {"X": 2}, priority=1)]

    assert sentence(TWO, sites, criteria=("node_priority",)) == (
        "Ships from B: highest priority single parcel; A had a lower priority."
    )


def test_the_only_node_is_called_that():
    assert sentence(TWO, [a_site("a", {"X": 2}), a_site("b")]) == "Ships from A: the only node that can."
    assert sentence(a_demand(X=1, Y=1), [a_site("a", {"X": 1, "Y": 1}), a_site("b", {"X": 1})]) == (
        "Ships from A: the only node with everything; B had 0 of 1 Y."
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
        "No node can ship this: the nodes that have X can't ship this order; "
        "3 of 5 nodes don't stock X, 1 of 5 nodes had too little X, 1 of 5 nodes ruled out (switched off)."
    )


def test_what_no_node_stocks_is_said_once():
    assert sentence(TWO, [a_site("a"), a_site("b")]) == "No node can ship this: no node stocks X."


def test_unroutable_without_any_nodes_says_that():
    assert sentence(TWO, []) == "No node can ship this: there are no nodes to choose from."


def test_too_many_parcels_is_the_reason_where_it_is():
    sites = [a_site("a", {"X": 1}), a_site("b", {"X": 1})]

    assert sentence(TWO, sites, max_splits=1) == (
        "No node can ship this: it would take more parcels than the policy allows."
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
        "2 units left unserved (not enough X in stock); 1 unit left unserved (no node stocks Y)."
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
