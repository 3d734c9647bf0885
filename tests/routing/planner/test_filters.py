"""Each hard filter says no with its own code, keeps its verdict, and says yes to the same node put right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apps.routing.planner import Destination, LineDemand, Rate, StockFact
from tests.routing.planner.builders import a_demand, a_site, solve, verdict_codes

ONE = a_demand(X=1)
GOOD = a_site("n", {"X": 1})


@pytest.mark.parametrize(
    ("site", "demand", "code"),
    [
        (replace(GOOD, active=False), ONE, "node_inactive"),
        (replace(GOOD, open=False, closed_reason="flood"), ONE, "node_closed"),
        (replace(GOOD, rates={"*": Rate(1)}), replace(ONE, service_level="express"), "missing_capability"),
        (GOOD, replace(ONE, service_level="economy"), "no_service_rate"),
        (replace(GOOD, capacity_left=0), ONE, "no_capacity"),
        (replace(GOOD, serves=frozenset({"FR"})), ONE, "outside_shipping_zone"),
        (replace(GOOD, groups=frozenset({"b"})), replace(ONE, node_groups=("a", "c")), "outside_channel_group"),
        (GOOD, a_demand(LineDemand("1", "X", 1, excluded_nodes=("n",))), "refused"),
        (GOOD, a_demand(LineDemand("1", "X", 1, pinned_node="m")), "pinned_elsewhere"),
        (replace(GOOD, stock={"X": StockFact(0)}), ONE, "out_of_stock"),
        (replace(GOOD, stock={"X": StockFact(0, backorderable=True, backorder_limit=-2)}), ONE, "out_of_stock"),
        (replace(GOOD, stock={}), ONE, "not_stocked"),
    ],
)
def test_a_node_is_ruled_out_with_one_code_and_everything_else_still_judged(site, demand, code):
    answer = solve(demand, [site])

    assert verdict_codes(answer, "n") == [code]
    assert not answer.candidates[0].eligible
    assert [verdict.check for verdict in answer.candidates[0].verdicts] == [
        "active", "open", "capability", "rate", "capacity", "zone", "group", "distance", "stock",
    ]  # fmt: skip
    assert all(verdict.reason for verdict in answer.candidates[0].verdicts)


def test_a_node_that_fails_nothing_is_chosen():
    assert solve(ONE, [GOOD]).sites == ("n",)


def test_a_capable_node_does_a_special_level():
    site = replace(GOOD, rates={"*": Rate(1)}, capabilities=frozenset({"express"}))

    assert solve(replace(ONE, service_level="express"), [site]).sites == ("n",)


def test_a_node_whose_distance_is_unknown_is_excluded_only_where_the_policy_says_so():
    demand = replace(ONE, destination=Destination("GB", lat=51.5, lon=0.0))

    assert verdict_codes(solve(demand, [GOOD], unknown_distance="exclude"), "n") == ["distance_unknown"]
    assert solve(demand, [GOOD], unknown_distance="assume").sites == ("n",)


def test_no_node_is_excluded_for_its_distance_where_nobody_knows_the_destination():
    assert solve(ONE, [GOOD], unknown_distance="exclude").sites == ("n",)


def test_stock_verdicts_carry_how_many_were_wanted_and_how_many_there_were():
    answer = solve(a_demand(X=5), [a_site("n", {"X": 2}), a_site("m", {"X": 5})])

    stock = {candidate.site: candidate.verdicts[-1] for candidate in answer.candidates}
    assert (stock["n"].code, stock["n"].have, stock["n"].want, stock["n"].passed) == ("part_stock", 2, 5, True)
    assert (stock["m"].code, stock["m"].have) == ("in_stock", 5)


@pytest.mark.parametrize(
    ("units", "percent", "usable"), [(0, 0, 10), (3, 0, 7), (0, 25, 7), (1, 25, 7), (4, 25, 6), (99, 0, 0)]
)
def test_an_old_stock_figure_is_trusted_less_and_the_verdict_says_so(units, percent, usable):
    sites = [a_site("n", {"X": StockFact(10, low_confidence=True)})]

    answer = solve(
        a_demand(X=10),
        sites,
        partial="ship_available",
        low_confidence_buffer_units=units,
        low_confidence_buffer_percent=percent,
    )

    assert sum(part.quantity for part in answer.assignments) == usable
    verdict = answer.candidates[0].verdicts[-1]
    assert "the feed is old" in verdict.reason
    assert verdict.have == usable


def test_a_refusal_of_one_line_leaves_the_node_its_other_lines():
    demand = a_demand(LineDemand("1", "X", 1, excluded_nodes=("n",)), LineDemand("2", "Y", 1))
    sites = [a_site("n", {"X": 5, "Y": 5}, base=1), a_site("m", {"X": 5, "Y": 0})]

    answer = solve(demand, sites)

    assert {(part.line_ref, part.site) for part in answer.assignments} == {("1", "m"), ("2", "n")}


def test_two_lines_of_one_sku_share_its_stock_though_only_one_may_go_elsewhere():
    """n has 2; line 1 must not use m, so n's units go to line 1, and line 2 takes m's though they cost more."""
    demand = a_demand(LineDemand("1", "X", 2, excluded_nodes=("m",)), LineDemand("2", "X", 1))
    sites = [a_site("n", {"X": 2}), a_site("m", {"X": 9}, pick_minor=100)]

    answer = solve(demand, sites)

    assert {(p.line_ref, p.site, p.quantity) for p in answer.assignments} == {("1", "n", 2), ("2", "m", 1)}


def test_a_sku_is_counted_when_any_of_its_lines_says_so():
    demand = a_demand(LineDemand("1", "X", 2), LineDemand("2", "X", 2, tracked=False))

    assert solve(demand, [a_site("n", {"X": 3})]).outcome == "unroutable"
    assert solve(demand, [a_site("n", {"X": 4})]).outcome == "routed"
