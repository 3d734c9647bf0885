"""Scores packed into one number say what they said apart, and no criterion outweighs one before it."""

from __future__ import annotations

import pytest

from apps.routing.planner import LineDemand, PolicyContent, Rate, StockFact
from apps.routing.planner.compiled_problem import compile_instance, set_board
from apps.routing.planner.filters import UNLIMITED, judge_site
from apps.routing.planner.items import gather_items
from tests.routing.planner.builders import a_demand, a_site, placed, solve

SITES = [
    a_site("b", {"X": StockFact(2, backorderable=True), "Y": 1}, base=300, priority=9, pick_minor=7),
    a_site("a", {"X": 3}, base=500, priority=4),
    a_site("none", {"Z": 5}),
]


def compiled(shortage, later=False, **policy):
    content = PolicyContent(criteria=("node_priority", "fewest_shipments", "least_cost"), max_splits=2, **policy)
    demand = a_demand(X=3, Y=1)
    items = gather_items(demand, by_value=False)
    offers = [(site, place, judge_site(site, items, demand, content)[1]) for place, site in enumerate(SITES)]
    return compile_instance(set_board(demand, content, items, offers, later), shortage)


def test_the_board_holds_those_that_have_something_by_their_code():
    board = compiled("none").board

    assert [site.code for site in board.sites] == ["a", "b"]
    assert (board.given, board.holders, board.on_hand, board.later) == ([1, 0], [[0, 1], [1]], [[3, 0], [2, 1]], [])
    assert compiled("backorder", later=True).board.later == [[0, 0], [UNLIMITED, 0]]


@pytest.mark.parametrize(
    ("shortage", "leading"), [("none", ()), ("unserved", ("unserved",)), ("backorder", ("unserved", "backordered"))]
)
def test_a_packed_cost_is_unpacked_to_what_each_criterion_counted(shortage, leading):
    instance = compiled(shortage, later=shortage == "backorder")

    assert instance.names == (*leading, "node_priority", "fewest_shipments", "least_cost", "node_code")
    zero = dict.fromkeys(leading, 0)
    assert instance.unpack(instance.fixed[1]) == zero | {
        "node_priority": 0, "fewest_shipments": 1, "least_cost": 300_000, "node_code": 1,
    }  # fmt: skip
    [(unit, units), *more] = instance.rows[0][1]
    assert instance.unpack(unit) == zero | {
        "node_priority": 5, "fewest_shipments": 0, "least_cost": 7_000, "node_code": 0,
    }  # fmt: skip
    assert units == 2
    if more:
        [(late, units)] = more
        assert (instance.unpack(late - unit)["backordered"], units) == (1, UNLIMITED)
    if leading:
        assert instance.unpack(instance.leaving) == zero | dict.fromkeys(instance.names[len(leading) :], 0) | {
            "unserved": 1
        }
    assert instance.leaving <= instance.ceiling
    assert instance.unpack(4 * unit + sum(instance.fixed))["node_priority"] == 20


def test_the_cheapest_offer_comes_first_with_its_share_of_opening_its_node():
    instance = compiled("none")

    [(first, units, bit), (second, *_)] = instance.lists[0]
    assert (units, bit) == (3, 1)
    assert first == instance.rows[0][0][0][0] + instance.fixed[0] // 3
    # Of b two units of X are wanted at most, and one of Y.
    assert second == instance.rows[0][1][0][0] + instance.fixed[1] // 3


def test_all_of_a_later_criterion_never_outweighs_one_of_an_earlier():
    """One unit a kilometre nearer is worth any cost, up to the most that all units in all parcels can come to."""
    near = a_site(
        "near", {"X": 9}, rates={"standard": Rate(900, 900, 900)}, handling_minor=900, pick_minor=900, priority=0
    )
    far = a_site("far", {"X": 9}, rates={"standard": Rate()}, priority=1)
    demand = a_demand(LineDemand("X", "X", 9, unit_weight_g=9_000))

    answer = solve(demand, [near, far], criteria=("node_priority", "least_cost"), max_splits=2, split_penalty_minor=900)

    assert placed(answer) == {("near", "X"): 9}
    assert solve(demand, [near, far], criteria=("least_cost", "node_priority")).sites == ("far",)
