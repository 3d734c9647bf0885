"""Each criterion leads, breaks ties, and yields to those before it."""

from __future__ import annotations

import pytest

from apps.routing.planner import Demand, Destination, InvalidProblem, LineDemand, PolicyContent, Rate, Site
from apps.routing.planner.codec import InvalidRecord
from tests.routing.planner.builders import AT, a_demand, a_site, placed, score, solve

LONDON = Destination("GB", lat=51.5, lon=-0.13)


def test_the_cheaper_node_ships_and_every_part_of_its_cost_is_told():
    rate = Rate(base_minor=300, per_km_milli=500, per_kg_minor=40)
    site = a_site("n", {"X": 3}, rates={"standard": rate}, handling_minor=70, pick_minor=20, lat=52.5, lon=-0.13)
    demand = a_demand(LineDemand("1", "X", 3, unit_weight_g=250), destination=LONDON)

    cost = solve(demand, [site, a_site("dear", {"X": 3}, base=9_000)]).costs[0]

    assert (cost.shipment_milli, cost.handling_milli, cost.pick_milli) == (300_000, 70_000, 60_000)
    assert cost.distance_km == 111
    assert cost.distance_milli == 55_500
    assert cost.weight_milli == 30_000  # 0.75 kg at 40
    assert cost.total_milli == 515_500


def test_every_parcel_after_the_first_pays_the_split_penalty():
    answer = solve(a_demand(X=2), [a_site("a", {"X": 1}), a_site("b", {"X": 1})], split_penalty_minor=150)

    assert [cost.split_milli for cost in answer.costs] == [0, 150_000]
    assert answer.cost_minor == 1_150


def test_a_penalty_high_enough_makes_one_dear_parcel_better_than_two_cheap_ones():
    sites = [a_site("a", {"X": 1}, base=100), a_site("b", {"X": 1}, base=100), a_site("c", {"X": 2}, base=300)]

    assert solve(a_demand(X=2), sites).sites == ("a", "b")
    assert solve(a_demand(X=2), sites, split_penalty_minor=101).sites == ("c",)


def test_cheap_picking_may_pay_for_a_second_parcel():
    sites = [a_site("a", {"X": 100}, base=100, pick_minor=50), a_site("b", {"X": 90}, base=100, pick_minor=1)]

    assert placed(solve(a_demand(X=100), sites)) == {("a", "X"): 10, ("b", "X"): 90}


def test_two_more_parcels_may_each_pay_for_themselves():
    """Only a has X, and it could ship all of Y too; yet both b and c save more on Y than their parcels cost."""
    sites = [
        a_site("a", {"X": 1, "Y": 4}, pick_minor=100),
        a_site("b", {"Y": 2}, base=10, pick_minor=1),
        a_site("c", {"Y": 2}, base=10, pick_minor=1),
    ]

    assert placed(solve(a_demand(X=1, Y=4), sites)) == {("a", "X"): 1, ("b", "Y"): 2, ("c", "Y"): 2}


def test_fewest_shipments_first_takes_one_parcel_at_any_price():
    sites = [a_site("a", {"X": 1}, base=1), a_site("b", {"X": 1}, base=1), a_site("c", {"X": 2}, base=9_000)]

    assert solve(a_demand(X=2), sites, criteria=("fewest_shipments",)).sites == ("c",)


def test_nearest_first_takes_every_unit_from_as_near_as_can_be():
    near = a_site("near", {"X": 1}, lat=51.6, lon=-0.1, base=9_000)
    far = a_site("far", {"X": 9}, lat=55.9, lon=-3.2, base=1)

    answer = solve(a_demand(X=3, destination=LONDON), [far, near], criteria=("nearest",))

    assert placed(answer) == {("near", "X"): 1, ("far", "X"): 2}


def test_priority_first_takes_the_smallest_number():
    sites = [a_site("a", {"X": 1}, base=1, priority=20), a_site("b", {"X": 1}, priority=-5)]

    assert solve(a_demand(X=1), sites, criteria=("node_priority",)).sites == ("b",)


def test_most_stock_first_takes_from_the_fullest_node():
    sites = [a_site("a", {"X": 10}, base=1), a_site("b", {"X": 40})]

    assert solve(a_demand(X=5), sites, criteria=("most_stock",)).sites == ("b",)


def test_the_same_country_is_preferred_to_a_cheaper_parcel_from_abroad():
    sites = [a_site("fr", {"X": 1}, base=1, country="FR"), a_site("gb", {"X": 1}, country="GB")]

    answer = solve(a_demand(X=1), sites, criteria=("same_country", "least_cost"))

    assert answer.sites == ("gb",)
    assert score(answer, "same_country") == 0


def test_a_later_criterion_only_breaks_ties_of_those_before_it():
    sites = [
        a_site("tied", {"X": 1}, base=300, priority=2),
        a_site("wins", {"X": 1}, base=300, priority=1),
        a_site("dear", {"X": 1}, base=301, priority=0),
    ]

    assert solve(a_demand(X=1), sites, criteria=("least_cost", "node_priority")).sites == ("wins",)


def test_equal_plans_are_told_apart_by_cost_then_by_code():
    sites = [a_site("c", {"X": 1}), a_site("b", {"X": 1}), a_site("a", {"X": 1}, base=501)]

    assert solve(a_demand(X=1), sites, criteria=("node_priority",)).sites == ("b",)


def test_plans_that_are_equal_in_everything_else_are_told_apart_by_the_places_of_their_nodes_codes():
    sites = [a_site("a", {"X": 1}, base=100), a_site("b", {"Y": 1}, base=100), a_site("c", {"X": 1, "Y": 1}, base=200)]

    assert solve(a_demand(X=1, Y=1), sites, criteria=("least_cost",)).sites == ("a", "b")
    assert solve(a_demand(X=1, Y=1), sites, criteria=("least_cost", "fewest_shipments")).sites == ("c",)


@pytest.mark.parametrize("criteria", [("cheapness",), ("nearest", "nearest")])
def test_refuses_a_strategy_with_an_unknown_or_repeated_criterion(criteria):
    with pytest.raises(InvalidProblem):
        PolicyContent(criteria=criteria)


@pytest.mark.parametrize(
    "fields", [{"max_splits": 0}, {"node_budget": 0}, {"split_penalty_minor": -1}, {"assumed_distance_km": -1}]
)
def test_refuses_a_policy_with_impossible_amounts(fields):
    with pytest.raises(InvalidProblem):
        PolicyContent(**fields)


def test_reads_a_policy_written_before_a_field_existed_and_refuses_one_it_does_not_know():
    assert PolicyContent.from_json({"max_splits": 2}) == PolicyContent(max_splits=2)
    with pytest.raises(InvalidRecord, match="unknown colour"):
        PolicyContent.from_json({"colour": "red"})
    with pytest.raises(InvalidRecord, match="max_splits"):
        PolicyContent.from_json({"max_splits": True})
    with pytest.raises(InvalidRecord, match="partial"):
        PolicyContent.from_json({"partial": "sometimes"})


def test_refuses_impossible_demands_and_nodes():
    line = LineDemand("1", "X", 1)
    with pytest.raises(InvalidProblem):
        LineDemand("1", "X", 0)
    with pytest.raises(InvalidProblem):
        a_demand(line, line)
    with pytest.raises(InvalidProblem):
        a_demand()
    with pytest.raises(InvalidProblem):
        Demand("o", (line,), LONDON, "standard", "GBP", AT.replace(tzinfo=None))
    with pytest.raises(InvalidProblem):
        Rate(-1)
    with pytest.raises(InvalidProblem):
        Site("n", "N", pick_minor=-1)
    with pytest.raises(InvalidProblem, match="twice"):
        a_site("n", {"X": 1, "x": 2})
    with pytest.raises(InvalidProblem, match="twice"):
        solve(a_demand(X=1), [a_site("n"), a_site("n")])
