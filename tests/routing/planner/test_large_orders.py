"""Wholesale orders: real ones reach 1,114 lines. They must be planned, fully accounted for, in reasonable time."""

from __future__ import annotations

import random
from time import perf_counter

import pytest

from apps.routing.planner import LineDemand, PolicyContent, plan
from tests.routing.planner.builders import a_demand, a_site, placed

LINES = 1_114
# A generous ceiling for a slow, busy machine; it is there to catch the exponential, not to measure.
CEILING_S = 20


def wholesale(nodes: int, share: float, skus: int = LINES):
    """An order of 1,114 lines over `skus` SKUs, and nodes that stock each SKU with probability `share`."""
    rng = random.Random(f"{nodes} {share}")
    lines = [LineDemand(f"l{n:04}", f"S{n % skus}", rng.randint(1, 9), unit_weight_g=100) for n in range(LINES)]
    sites = [
        a_site(
            f"n{n}",
            {f"S{sku}": rng.randint(5, 60) * (LINES // skus) for sku in range(skus) if rng.random() < share},
            base=400 + n,
            pick_minor=rng.randint(5, 30),
        )
        for n in range(nodes)
    ]
    return a_demand(*lines), sites


@pytest.mark.parametrize("partial", ["hold", "ship_available"])
@pytest.mark.parametrize(("nodes", "share"), [(5, 0.9), (20, 0.3)])
def test_a_thousand_lines_are_planned_and_every_unit_accounted_for(nodes, share, partial):
    demand, sites = wholesale(nodes, share)

    started = perf_counter()
    answer = plan(demand, sites, PolicyContent(partial=partial, max_splits=4))

    assert perf_counter() - started < CEILING_S
    units = sum(placed(answer).values()) + sum(short.quantity for short in answer.shortfalls)
    assert units == sum(line.quantity for line in demand.lines)
    assert len(answer.sites) <= 4


def test_one_node_with_everything_is_found_at_once_and_proved_best():
    demand, sites = wholesale(20, 0.3)
    sites.append(a_site("all", {f"S{sku}": 99 for sku in range(LINES)}, base=1, pick_minor=1))

    answer = plan(demand, sites, PolicyContent())

    assert answer.sites == ("all",)
    assert answer.search.exact


def test_many_lines_of_few_skus_are_searched_as_few():
    demand, sites = wholesale(12, 0.5, skus=6)

    answer = plan(demand, sites, PolicyContent(partial="ship_available", max_splits=4))

    assert answer.search.exact
    assert len(answer.candidates[0].verdicts) == 8 + 6


def test_a_long_order_whose_search_is_cut_short_has_first_been_tried_with_the_nodes_that_serve_most():
    skus = [f"S{n:02}" for n in range(20)]
    sites = [a_site("most", dict.fromkeys(skus[:15], 1)), a_site("rest", dict.fromkeys(skus[15:], 1))]
    sites += [a_site(f"few{n}", dict.fromkeys(skus[4 * n : 4 * n + 4], 1), base=1) for n in range(5)]

    answer = plan(
        a_demand(*(LineDemand(sku, sku, 1) for sku in skus)), sites, PolicyContent(max_splits=2, node_budget=1)
    )

    assert answer.sites == ("most", "rest")


@pytest.mark.parametrize(("skus", "steps"), [(7, 2), (8, 4), (15, 4), (16, 6), (17, 3), (24, 4)])
def test_a_step_of_a_longer_order_counts_as_several_and_a_long_one_has_a_first_answer_before_it_is_searched(
    skus, steps
):
    names = [f"S{n:02}" for n in range(skus)]
    sites = [a_site("a", dict.fromkeys(names[: skus // 2], 1)), a_site("b", dict.fromkeys(names[skus // 2 :], 1))]

    answer = plan(a_demand(*(LineDemand(name, name, 1) for name in names)), sites, PolicyContent())

    # Eight SKUs are one step more; beyond sixteen the first answer is the best, and one step shows that.
    assert (answer.search.steps, answer.search.exact) == (steps, True)
