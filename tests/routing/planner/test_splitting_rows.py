"""Splitting one line across nodes: rows A1-A14 (what Solidus' own tests expect of its coordinator). 5 units of X."""

from __future__ import annotations

from apps.routing.planner import LineDemand, explain
from tests.routing.planner.builders import a_demand, a_site, placed, short, solve, verdict_codes

FIVE = a_demand(X=5)


def test_A1_no_node_stocks_the_sku_refuses_the_order_and_names_the_sku():
    answer = solve(FIVE, [a_site("n1"), a_site("n2")])

    assert answer.outcome == "unroutable"
    assert [(s.sku, s.code) for s in answer.shortfalls] == [("X", "not_stocked")]
    assert verdict_codes(answer, "n1") == ["not_stocked"]
    assert "X" in explain(answer, FIVE)


def test_A3_too_little_everywhere_packs_nothing_and_nothing_in_part():
    answer = solve(FIVE, [a_site("n1", {"X": 1})])

    assert answer.outcome == "unroutable"
    assert answer.assignments == ()
    assert short(answer) == {"X": 5}
    assert answer.reason == "insufficient_stock"


def test_A4_one_node_with_exactly_enough_packs_all():
    assert placed(solve(FIVE, [a_site("n1", {"X": 5})])) == {("n1", "X"): 5}


def test_A6_a_node_with_none_left_is_passed_over():
    answer = solve(FIVE, [a_site("n1", {"X": 0}), a_site("n2", {"X": 5})])

    assert placed(answer) == {("n2", "X"): 5}
    assert verdict_codes(answer, "n1") == ["out_of_stock"]


def test_A7_two_nodes_cover_one_line():
    answer = solve(FIVE, [a_site("n1", {"X": 2}), a_site("n2", {"X": 3})])

    assert placed(answer) == {("n1", "X"): 2, ("n2", "X"): 3}
    assert answer.outcome == "routed"


def test_A9_a_node_with_all_of_it_is_not_split_with_one_that_has_some():
    assert placed(solve(FIVE, [a_site("n1", {"X": 5}), a_site("n2", {"X": 2})])) == {("n1", "X"): 5}


def test_A10_two_nodes_with_all_of_it_pack_exactly_five():
    assert sum(placed(solve(FIVE, [a_site("n1", {"X": 5}), a_site("n2", {"X": 5})])).values()) == 5


def test_A12_three_nodes_are_needed_and_three_shipments_are_made():
    sites = [a_site("n1", {"X": 2}), a_site("n2", {"X": 2}), a_site("n3", {"X": 2})]

    answer = solve(FIVE, sites, max_splits=3)

    assert len(answer.costs) == 3
    assert sum(placed(answer).values()) == 5


def test_A12_two_shipments_at_most_is_a_refusal_that_says_so():
    sites = [a_site("n1", {"X": 2}), a_site("n2", {"X": 2}), a_site("n3", {"X": 2})]

    answer = solve(FIVE, sites, max_splits=2)

    assert (answer.outcome, answer.reason) == ("unroutable", "max_splits")


def test_A13_an_untracked_item_ships_only_from_a_node_that_lists_it():
    demand = a_demand(LineDemand("1", "V1", 5), LineDemand("2", "V2", 5, tracked=False))

    answer = solve(demand, [a_site("n1", {"V1": 10}), a_site("n2", {"V2": 0})])

    assert placed(answer) == {("n1", "1"): 5, ("n2", "2"): 5}
    assert len(answer.costs) == 2


def test_A13_the_policy_may_let_an_untracked_item_ship_from_anywhere():
    demand = a_demand(LineDemand("1", "V1", 5), LineDemand("2", "V2", 5, tracked=False))

    answer = solve(demand, [a_site("n1", {"V1": 10}), a_site("n2", {"V2": 0})], untracked="any_node")

    assert placed(answer) == {("n1", "1"): 5, ("n1", "2"): 5}


def test_A14_a_node_with_no_record_of_the_goods_gets_no_shipment():
    answer = solve(FIVE, [a_site("n1", {"X": 5}), a_site("n2", {"OTHER": 50}, base=0)])

    assert answer.sites == ("n1",)
    assert verdict_codes(answer, "n2") == ["not_stocked"]
