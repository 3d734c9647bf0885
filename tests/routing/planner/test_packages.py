"""Row B5: goods of different shipping categories, and goods still to come, travel in packages of their own."""

from __future__ import annotations

from apps.routing.planner import LineDemand, StockFact, packages_of
from tests.routing.planner.builders import a_demand, a_site, solve


def test_B5_two_nodes_two_categories_and_a_backorder_make_packages_of_4_8_6_and_9():
    demand = a_demand(
        LineDemand("1", "A1", 4, shipping_category="a", pinned_node="p1"),
        LineDemand("2", "B1", 8, shipping_category="b", pinned_node="p1"),
        LineDemand("3", "A2", 6, shipping_category="a", pinned_node="p2"),
        LineDemand("4", "B2", 9, shipping_category="b", pinned_node="p2"),
    )
    sites = [a_site("p1", {"A1": 4, "B1": 8}), a_site("p2", {"A2": 6, "B2": StockFact(0, backorderable=True)})]

    packages = packages_of(demand, solve(demand, sites, partial="backorder"))

    assert [package.units for package in packages] == [4, 8, 6, 9]
    assert [(package.site, package.category, package.backordered) for package in packages] == [
        ("p1", "a", False),
        ("p1", "b", False),
        ("p2", "a", False),
        ("p2", "b", True),
    ]


def test_one_line_part_on_hand_and_part_to_come_makes_two_packages():
    demand = a_demand(X=5)

    packages = packages_of(demand, solve(demand, [a_site("n", {"X": StockFact(2, True)})], partial="backorder"))

    assert [(package.backordered, package.units) for package in packages] == [(False, 2), (True, 3)]


def test_lines_of_one_category_share_a_package():
    demand = a_demand(X=1, Y=1)

    packages = packages_of(demand, solve(demand, [a_site("n", {"X": 1, "Y": 1})]))

    assert [[part.sku for part in package.contents] for package in packages] == [["X", "Y"]]


def test_an_order_that_ships_nothing_has_no_packages():
    demand = a_demand(X=1)

    assert packages_of(demand, solve(demand, [])) == ()
