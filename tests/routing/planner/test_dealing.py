"""Units of one SKU are dealt back to the lines that asked for them, with as few lines torn apart as can be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apps.routing.planner import LineDemand
from apps.routing.planner.items import Item, deal_to_lines, gather_items
from tests.routing.planner.builders import a_demand, a_site, solve


def item_of(*quantities: int) -> Item:
    lines = [LineDemand(f"l{number}", "X", quantity) for number, quantity in enumerate(quantities, 1)]
    [item] = gather_items(a_demand(*lines), by_value=False)
    return item


@pytest.mark.parametrize(
    ("quantities", "parts", "dealt"),
    [
        # A part of exactly the line's size first, then the largest.
        ((3, 5), [("a", False, 3), ("b", False, 5)], [("b", False, "l2", 5), ("a", False, "l1", 3)]),
        ((2, 4), [("a", False, 1), ("b", False, 5)], [("b", False, "l2", 4), ("a", False, "l1", 1), ("b", False, "l1", 1)]),
        ((6,), [("a", False, 2), ("b", False, 4)], [("b", False, "l1", 4), ("a", False, "l1", 2)]),
        # What is there before what is still to come.
        ((2, 3), [("a", True, 4), ("a", False, 1)], [("a", False, "l2", 1), ("a", True, "l2", 2), ("a", True, "l1", 2)]),
        # The largest line first, of equal ones the first by its reference, of equal parts the first node.
        ((2, 2), [("b", False, 2), ("a", False, 2)], [("a", False, "l1", 2), ("b", False, "l2", 2)]),
        # Where there is less than was asked for, the smallest line goes without.
        ((1, 3), [("a", False, 3)], [("a", False, "l2", 3)]),
    ],
)  # fmt: skip
def test_units_go_to_lines(quantities, parts, dealt):
    assert deal_to_lines(item_of(*quantities), parts) == dealt


def test_lines_that_differ_in_nothing_the_search_looks_at_are_one_item():
    lines = [
        LineDemand("2", "x", 2, unit_weight_g=300, unit_price_minor=5, excluded_nodes=("b", "a")),
        LineDemand("1", "X", 1, unit_weight_g=100, unit_price_minor=9, excluded_nodes=("a", "b", "a")),
    ]

    [item] = gather_items(a_demand(*lines), by_value=False)

    assert (item.sku, item.key, item.quantity, item.weight_g) == ("X", "x", 3, 300)
    assert [line.line_ref for line in item.lines] == ["1", "2"]
    assert [each.value_minor for each in gather_items(a_demand(*lines), by_value=True)] == [5, 9]


def test_lines_are_kept_apart_by_where_they_may_come_from():
    lines = [LineDemand("1", "X", 1), LineDemand("2", "X", 1, pinned_node="a"), LineDemand("3", "X", 1, excluded_nodes=("a",))]  # fmt: skip

    items = gather_items(a_demand(*lines), by_value=False)

    assert [(item.pinned, sorted(item.excluded), item.restricted) for item in items] == [
        (None, [], False),
        (None, ["a"], True),
        ("a", [], True),
    ]


def test_the_heaviest_claim_of_a_sku_is_what_its_units_weigh():
    demand = a_demand(LineDemand("1", "X", 2, unit_weight_g=100), LineDemand("2", "x", 1, unit_weight_g=250))
    site = a_site("n", {"X": 3})
    rated = replace(site, rates={"standard": replace(site.rates["standard"], per_kg_minor=40)})

    assert [cost.weight_milli for cost in solve(demand, [rated]).costs] == [3 * 250 * 40]


@pytest.mark.parametrize(("least", "ships"), [(12_000, True), (12_001, False)])
def test_each_part_of_a_split_is_worth_its_units_times_their_price(least, ships):
    demand = a_demand(LineDemand("1", "X", 3, unit_price_minor=4_000), LineDemand("2", "Y", 1, unit_price_minor=30_000))

    answer = solve(demand, [a_site("a", {"X": 3}), a_site("b", {"Y": 1})], min_shipment_value_minor=least)

    assert bool(answer.assignments) is ships


@pytest.mark.parametrize(("least", "ships"), [(8_000, True), (8_001, False)])
def test_what_is_left_behind_is_worth_its_units_times_their_price(least, ships):
    demand = a_demand(LineDemand("1", "X", 5, unit_price_minor=4_000))

    answer = solve(demand, [a_site("a", {"X": 3})], min_shipment_value_minor=least, partial="ship_available")

    assert bool(answer.assignments) is ships
