"""Why units stay unserved, line by line, and how far was searched before that is said."""

from __future__ import annotations

from typing import Any

import pytest

from apps.routing.planner import LineDemand, Plan, PolicyContent, Site, StockFact, plan
from apps.routing.planner.search import Search, Solution
from tests.routing.planner.builders import a_demand, a_site, short, solve


def codes(answer: Plan) -> dict[str, str]:
    return {shortfall.line_ref: shortfall.code for shortfall in answer.shortfalls}


OFF = {"active": False}


@pytest.mark.parametrize(
    ("sites", "code"),
    [
        ([a_site("a"), a_site("b")], "not_stocked"),
        ([a_site("a", {"X": 0}), a_site("b")], "insufficient_stock"),
        ([a_site("a", {"X": 1}), a_site("b", {"X": 1})], "max_splits"),
        ([a_site("a", {"X": 1}), a_site("b", {"X": 0})], "insufficient_stock"),
        ([a_site("a", {"X": 1}), a_site("b", {"X": 1}, **OFF)], "no_candidate"),
        ([a_site("a", {"X": 2}, **OFF)], "no_candidate"),
        ([a_site("a", {"X": 1}, **OFF)], "insufficient_stock"),
        ([a_site("a", {"X": 1}, **OFF), a_site("b", {"X": 1}, open=False)], "no_candidate"),
        ([a_site("a", {"X": StockFact(1, backorderable=True)})], "insufficient_stock"),
    ],
)
def test_why_two_units_wanted_from_one_node_are_not_served(sites: list[Site], code: str):
    answer = solve(a_demand(X=2), sites, max_splits=1)

    assert (codes(answer), answer.reason) == ({"X": code}, code)


def test_lines_that_are_fine_wait_for_those_that_are_not_and_the_gravest_is_the_orders():
    answer = solve(a_demand(W=1, X=2, Y=2, Z=1), [a_site("a", {"X": 2, "Y": 1, "Z": 1}), a_site("b", {"Z": 1}, **OFF)])

    assert codes(answer) == {"W": "not_stocked", "X": "held", "Y": "insufficient_stock", "Z": "held"}
    assert answer.reason == "not_stocked"


def test_lines_of_one_sku_are_short_together_unless_its_stock_is_not_counted():
    apart = [LineDemand("1", "X", 2), LineDemand("2", "X", 1, excluded_nodes=("b",))]

    assert codes(solve(a_demand(*apart), [a_site("a", {"X": 2})])) == {
        "1": "insufficient_stock",
        "2": "insufficient_stock",
    }
    uncounted = [LineDemand("1", "X", 2, tracked=False), LineDemand("2", "X", 1, tracked=False, excluded_nodes=("b",))]
    assert solve(a_demand(*uncounted), [a_site("a", {"X": 0})]).outcome == "routed"


def test_a_line_that_must_come_from_elsewhere_is_short_by_itself():
    lines = [LineDemand("1", "X", 2, pinned_node="a"), LineDemand("2", "X", 1)]

    answer = solve(a_demand(*lines), [a_site("a", {"X": 1}), a_site("b", {"X": 9})])

    assert codes(answer) == {"1": "insufficient_stock", "2": "held"}


def test_a_part_of_a_line_is_short_by_what_was_not_served_of_it():
    demand = a_demand(LineDemand("1", "X", 2), LineDemand("2", "X", 3), LineDemand("3", "Y", 1))

    answer = solve(demand, [a_site("a", {"X": 4, "Y": 1})], partial="ship_available")

    assert (short(answer), codes(answer), answer.outcome) == ({"1": 1}, {"1": "insufficient_stock"}, "partial")


def test_backorders_count_as_stock_where_they_may_be_promised():
    sites = [a_site("a", {"X": StockFact(1, True, 1)}), a_site("b", {"X": 1})]

    assert codes(solve(a_demand(X=3), sites, partial="backorder", max_splits=1)) == {"X": "max_splits"}
    assert codes(solve(a_demand(X=4), sites, partial="backorder")) == {"X": "insufficient_stock"}


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """Budget, least value and room of each search."""
    seen: list[tuple[int, int, int]] = []

    class Watched(Search):
        def run(self, room: int, shut: int = 0) -> Solution:
            seen.append((self.budget, self.least_value, room))
            return super().run(room, shut)

    monkeypatch.setitem(plan.__globals__, "Search", Watched)
    return seen


SITES = [a_site(code, {"X": 1}) for code in ("a", "b", "c", "d")]


@pytest.mark.parametrize(
    ("wanted", "policy", "demand", "searched"),
    [
        (4, {"max_splits": 4}, {}, [(20_000, 0, 4)]),
        (4, {"max_splits": 9}, {}, [(20_000, 0, 4)]),
        (5, {"node_budget": 9}, {}, [(9, 0, 3)]),
        # Serving as much as can be gets a quarter of the steps, rounded up.
        (5, {"node_budget": 9, "partial": "ship_available"}, {}, [(9, 0, 3), (3, 0, 3)]),
        (5, {"partial": "ship_available"}, {"ship_complete": True}, [(20_000, 0, 3)]),
        (5, {"partial": "backorder"}, {"ship_complete": True}, [(20_000, 0, 3), (5_000, 0, 1)]),
        # Each part is worth 2,000 at least: of goods worth 4,000, no more than two.
        (4, {"min_shipment_value_minor": 2_000, "max_splits": 4}, {}, [(20_000, 2_000, 2), (20_000, 0, 4)]),
        (4, {"min_shipment_value_minor": 5_000, "max_splits": 4}, {}, [(20_000, 5_000, 1), (20_000, 0, 4)]),
    ],
)  # fmt: skip
def test_how_far_is_searched(
    searches: list[tuple[int, int, int]],
    wanted: int,
    policy: dict[str, Any],
    demand: dict[str, Any],
    searched: list[tuple[int, int, int]],
):
    plan(a_demand(X=wanted, **demand), SITES, PolicyContent(**policy))

    assert searches == searched


def test_what_could_not_be_searched_to_the_end_is_not_said_to_be_impossible():
    sites = [a_site(f"n{n}", {"X": 1, "Y": n % 2, "Z": n % 3}) for n in range(12)]
    demand = a_demand(X=4, Y=3, Z=3)

    assert plan(demand, sites, PolicyContent(node_budget=1, max_splits=4)).search.exact is False
    assert plan(a_demand(X=40), sites, PolicyContent(node_budget=1)).search.exact is True
