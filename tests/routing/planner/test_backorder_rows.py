"""On hand first, then backorder: rows B1 and B7 (Solidus), and what our policies make of a shortage."""

from __future__ import annotations

import pytest

from apps.routing.planner import LineDemand, StockFact, explain
from tests.routing.planner.builders import a_demand, a_site, placed, short, solve, verdict_codes

LATER = StockFact(0, backorderable=True)


def test_B1_all_on_hand_means_no_backorder_and_nothing_from_the_dropship_node():
    demand = a_demand(V1=30, V2=5)
    sites = [a_site("d", {"V1": 100, "V2": 100}), a_site("x", {"V1": LATER, "V2": LATER}, kind="dropship", base=0)]

    answer = solve(demand, sites, partial="backorder")

    assert placed(answer) == {("d", "V1"): 30, ("d", "V2"): 5}
    assert not any(part.backordered for part in answer.assignments)
    assert answer.shortfalls == ()


def test_stock_goes_first_and_only_the_rest_is_backordered():
    demand = a_demand(V1=30)
    sites = [a_site("d", {"V1": 10}, base=9000), a_site("x", {"V1": LATER}, base=0)]

    answer = solve(demand, sites, partial="backorder")

    assert answer.outcome == "backordered"
    assert {(p.site, p.quantity, p.backordered) for p in answer.assignments} == {("d", 10, False), ("x", 20, True)}


def test_one_node_may_ship_some_and_backorder_the_rest():
    answer = solve(a_demand(V1=5), [a_site("d", {"V1": StockFact(2, True)})], partial="backorder")

    assert [(p.quantity, p.backordered) for p in answer.assignments] == [(2, False), (3, True)]
    assert explain(answer, a_demand(V1=5)) == "Ships from D: cheapest single parcel; backordered: 3 at D."


def test_two_lines_of_one_sku_that_share_a_nodes_stock_are_not_both_served_from_it():
    anywhere, not_at_b = LineDemand("1", "V1", 2), LineDemand("2", "V1", 2, excluded_nodes=("b",))
    sites = [a_site("b", {"V1": 1}), a_site("d", {"V1": StockFact(2, True)})]

    answer = solve(a_demand(anywhere, not_at_b), sites, partial="backorder")

    assert sum(part.quantity for part in answer.assignments if not part.backordered) == 3
    assert placed(answer) == {("b", "1"): 1, ("d", "1"): 1, ("d", "2"): 2}


def test_the_cheaper_of_two_nodes_takes_the_backorder():
    sites = [a_site("dear", {"V1": LATER}, base=900), a_site("fair", {"V1": LATER}, base=300)]

    assert placed(solve(a_demand(V1=5), sites, partial="backorder")) == {("fair", "V1"): 5}


def test_a_backorder_keeps_to_the_nodes_limit():
    sites = [a_site("a", {"V1": StockFact(0, True, 2)}), a_site("b", {"V1": StockFact(0, True, 4)})]

    answer = solve(a_demand(V1=6), sites, partial="backorder")

    assert placed(answer) == {("a", "V1"): 2, ("b", "V1"): 4}


def test_what_can_not_all_be_backordered_is_not_begun():
    sites = [a_site("a", {"V1": StockFact(1, True, 2)})]

    answer = solve(a_demand(V1=6), sites, partial="backorder")

    assert (answer.outcome, answer.assignments, short(answer)) == ("unroutable", (), {"V1": 6})


def test_no_backorder_where_the_policy_does_not_ask_for_it():
    answer = solve(a_demand(V1=5), [a_site("x", {"V1": LATER})], partial="ship_available")

    assert answer.outcome == "unroutable"


def test_B7_less_than_nothing_on_hand_counts_as_none():
    sites = [a_site("n", {"X": -1}), a_site("m", {"X": 1})]

    answer = solve(a_demand(X=1), sites)

    assert placed(answer) == {("m", "X"): 1}
    assert verdict_codes(answer, "n") == ["out_of_stock"]


def test_B7_less_than_nothing_on_hand_can_still_be_backordered():
    answer = solve(a_demand(X=1), [a_site("n", {"X": StockFact(-1, True)})], partial="backorder")

    assert [(p.quantity, p.backordered) for p in answer.assignments] == [(1, True)]
    assert explain(answer, a_demand(X=1)).startswith("Backordered at N")


def test_ships_what_there_is_and_says_what_is_missing_line_by_line():
    demand = a_demand(X=3, Y=2)

    answer = solve(demand, [a_site("n", {"X": 1, "Y": 2})], partial="ship_available")

    assert answer.outcome == "partial"
    assert placed(answer) == {("n", "X"): 1, ("n", "Y"): 2}
    assert [(s.line_ref, s.quantity, s.code) for s in answer.shortfalls] == [("X", 2, "insufficient_stock")]


def test_serves_as_many_units_as_the_allowed_parcels_can():
    sites = [a_site("a", {"X": 1}, base=1), a_site("b", {"X": 2}, base=1), a_site("c", {"X": 3}, base=900)]

    answer = solve(a_demand(X=6), sites, partial="ship_available", max_splits=2)

    assert placed(answer) == {("b", "X"): 2, ("c", "X"): 3}
    assert (answer.reason, short(answer)) == ("max_splits", {"X": 1})


def test_holding_keeps_even_the_lines_that_are_there():
    answer = solve(a_demand(X=3, Y=2), [a_site("n", {"X": 1, "Y": 2})], partial="hold")

    assert answer.assignments == ()
    assert [(s.line_ref, s.quantity, s.code) for s in answer.shortfalls] == [
        ("X", 3, "insufficient_stock"),
        ("Y", 2, "held"),
    ]


def test_a_customer_who_wants_everything_together_gets_no_part_of_it():
    demand = a_demand(X=3, Y=2, ship_complete=True)

    answer = solve(demand, [a_site("n", {"X": 1, "Y": 2})], partial="ship_available")

    assert answer.outcome == "unroutable"
    assert "the customer wants everything together" in explain(answer, demand)


def test_a_customer_who_wants_everything_together_may_wait_for_one_node_to_have_it():
    demand = a_demand(X=4, ship_complete=True)
    sites = [a_site("a", {"X": 2}), a_site("b", {"X": StockFact(1, True)})]

    answer = solve(demand, sites, partial="backorder")

    assert placed(answer) == {("b", "X"): 4}
    assert answer.outcome == "backordered"


@pytest.mark.parametrize("partial", ["ship_available", "backorder", "hold"])
def test_a_shortage_rule_changes_nothing_where_there_is_no_shortage(partial):
    answer = solve(a_demand(X=3), [a_site("a", {"X": 3}), a_site("b", {"X": 2})], partial=partial)

    assert (answer.outcome, placed(answer)) == ("routed", {("a", "X"): 3})


def test_two_skus_that_are_both_short_are_both_named():
    """Row E9: two lines of 100, too little of either."""
    answer = solve(a_demand(X=100, Y=100), [a_site("n", {"X": 99, "Y": 1})])

    assert {(s.sku, s.code) for s in answer.shortfalls} == {("X", "insufficient_stock"), ("Y", "insufficient_stock")}


def test_lines_of_one_sku_do_not_promise_the_same_units_twice():
    """Row E14's counter-example: two lines draw on one stock, together they ask for more than there is."""
    demand = a_demand(LineDemand("1", "X", 6), LineDemand("2", "x", 6))

    answer = solve(demand, [a_site("n", {"X": 10})], partial="ship_available")

    assert sum(placed(answer).values()) == 10
    assert sum(short(answer).values()) == 2


def test_stock_still_to_come_is_no_stock_where_only_what_is_there_ships():
    answer = solve(a_demand(X=3), [a_site("n", {"X": StockFact(1, backorderable=True)})], partial="ship_available")

    assert placed(answer) == {("n", "X"): 1}
    assert [(short.quantity, short.code) for short in answer.shortfalls] == [(2, "insufficient_stock")]
