"""Routing: the exact planner against greedy, nearest-per-line, and an independent judge.

    python -m bench.routing [--json] [--orders N] [--seed S]

Orders are made up from a seed: nodes spread over 1,000 x 1,000 km, costs by shipment, distance, weight and unit.
The judge is CP-SAT where `ortools` is installed, for every order of every case; a brute force over all sets of nodes
judges the smallest case in any event. `disagreements` counts orders on which a judge found another optimum than the
planner, or feasibility where the planner found none; it must be 0. Exit status 1 when it isn't.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from statistics import mean
from time import process_time
from typing import Any

from apps.routing.planner import Demand, Destination, LineDemand, PolicyContent, Rate, Site, StockFact, plan
from apps.routing.planner.compiled_problem import compile_instance, set_board
from apps.routing.planner.distance import haversine_km
from apps.routing.planner.filters import judge_site
from apps.routing.planner.items import gather_items
from apps.routing.planner.search import Search

Judge = Callable[["Facts"], int | None]

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
SPLIT_PENALTY_MINOR = 50
# Networks up to this size are judged by brute force as well.
SMALL = 10


@dataclass(frozen=True, slots=True)
class Case:
    """How big the orders and the network are. `holders`: nodes that hold each SKU."""

    name: str
    nodes: int
    holders: int
    lines: tuple[int, int]
    max_splits: int
    share: float = 1.0


CASES = (
    Case("8 nodes, 4 hold each SKU, K=3 (brute force)", 8, 4, (1, 3), 3),
    Case("20 nodes, 6 hold each SKU, K=3", 20, 6, (2, 3), 3),
    Case("200 nodes, 30 hold each SKU, K=3", 200, 30, (2, 3), 3),
    Case("6 lines, 200 nodes, 60 hold each, K=4", 200, 60, (6, 6), 4, share=0.25),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """An order as bare numbers, worked out here and not by the planner: thousandths of a minor unit, whole units."""

    wanted: list[int]
    stock: list[list[int]]
    fixed: list[int]
    unit: list[list[int]]
    km: list[int]
    max_splits: int


def make_network(case: Case, rng: random.Random) -> list[tuple[float, float, int, int, Rate]]:
    """Nodes as (lat, lon, handling, pick, rate); an order's SKUs are then laid over them."""
    return [
        (
            45 + rng.random() * 9,
            rng.random() * 13,
            rng.randint(20, 150),
            rng.randint(5, 60),
            Rate(rng.randint(250, 600), rng.randint(200, 800), rng.randint(30, 60)),
        )
        for _ in range(case.nodes)
    ]


def make_orders(case: Case, count: int, seed: int) -> Iterator[tuple[Demand, list[Site], PolicyContent]]:
    """`count` orders, each with the network's stock as it would be found for its SKUs."""
    rng = random.Random(f"{seed}:{case.name}")
    network = make_network(case, rng)
    policy = PolicyContent(
        max_splits=case.max_splits,
        split_penalty_minor=SPLIT_PENALTY_MINOR,
        criteria=("least_cost",),
        node_budget=10_000_000,
    )
    for number in range(count):
        lines = tuple(
            LineDemand(f"L{n}", f"SKU-{n}", rng.randint(1, 4), unit_weight_g=rng.randint(50, 4000))
            for n in range(rng.randint(*case.lines))
        )
        stock: list[dict[str, StockFact]] = [{} for _ in network]
        for line in lines:
            for node in rng.sample(range(case.nodes), case.holders):
                stock[node][line.sku] = StockFact(rng.randint(1, 5))
        sites = [
            Site(
                code=f"N{n:03}", name=f"Node {n}", lat=lat, lon=lon, country="GB", handling_minor=handling,
                pick_minor=pick, rates={"standard": rate}, stock=stock[n],
            )
            for n, (lat, lon, handling, pick, rate) in enumerate(network)
        ]  # fmt: skip
        place = Destination("GB", lat=45 + rng.random() * 9, lon=rng.random() * 13)
        yield Demand(f"O{number}", lines, place, "standard", "GBP", AT), sites, policy


def facts_of(demand: Demand, sites: list[Site], policy: PolicyContent) -> Facts:
    fixed, unit, stock, kms = [], [], [], []
    for site in sites:
        rate = site.rates["standard"]
        km = haversine_km(demand.destination.lat or 0, demand.destination.lon or 0, site.lat or 0, site.lon or 0)
        kms.append(km)
        parcel = rate.base_minor + site.handling_minor + policy.split_penalty_minor
        fixed.append(1000 * parcel + km * rate.per_km_milli)
        unit.append([1000 * site.pick_minor + rate.per_kg_minor * line.unit_weight_g for line in demand.lines])
        facts = [site.stock.get(line.sku.casefold()) for line in demand.lines]
        stock.append([fact.available if fact else 0 for fact in facts])
    return Facts([line.quantity for line in demand.lines], stock, fixed, unit, kms, policy.max_splits)


def cost_of(facts: Facts, opened: tuple[int, ...]) -> int | None:
    """The least cost of serving everything from these nodes, or None where they haven't enough."""
    total = sum(facts.fixed[s] for s in opened) - 1000 * SPLIT_PENALTY_MINOR
    for line, wanted in enumerate(facts.wanted):
        need = wanted
        for s in sorted(opened, key=lambda s: facts.unit[s][line]):
            taken = min(need, facts.stock[s][line])
            total += taken * facts.unit[s][line]
            need -= taken
        if need:
            return None
    return total


def brute_force(facts: Facts) -> int | None:
    """The optimum by weighing every set of nodes; for small networks only."""
    sets = (o for size in range(1, facts.max_splits + 1) for o in combinations(range(len(facts.fixed)), size))
    return min((cost for opened in sets if (cost := cost_of(facts, opened)) is not None), default=None)


def greedy(facts: Facts) -> int | None:
    """Open the node that serves most of what is left, the cheaper one on a tie; None when it runs out of shipments."""
    needs, opened = list(facts.wanted), list[int]()
    while any(needs) and len(opened) < facts.max_splits:
        gains = {s: sum(map(min, facts.stock[s], needs)) for s in range(len(facts.fixed)) if s not in opened}
        pick = min(gains, key=lambda s: (-gains[s], facts.fixed[s]))
        opened.append(pick)
        needs = [max(0, need - have) for need, have in zip(needs, facts.stock[pick], strict=True)]
    return cost_of(facts, tuple(opened))


def nearest_per_line(facts: Facts) -> int | None:
    """Each line from the nearest node that has all of it; None when no node has, or too many nodes are needed."""
    opened: set[int] = set()
    total = 0
    for line, need in enumerate(facts.wanted):
        able = [s for s, row in enumerate(facts.stock) if row[line] >= need]
        if not able:
            return None
        pick = min(able, key=lambda s: facts.km[s])
        total += need * facts.unit[pick][line]
        opened.add(pick)
    if len(opened) > facts.max_splits:
        return None
    return total + sum(facts.fixed[s] for s in opened) - 1000 * SPLIT_PENALTY_MINOR


def cp_sat() -> Judge | None:
    """CP-SAT as a judge, or None where `ortools` isn't installed."""
    try:
        from ortools.sat.python import cp_model  # type: ignore[import-not-found]  # an optional extra
    except ImportError:
        return None

    def judge(facts: Facts) -> int | None:
        model = cp_model.CpModel()
        sites = [s for s, row in enumerate(facts.stock) if any(row)]
        opened = {s: model.new_bool_var("") for s in sites}
        model.add(sum(opened.values()) <= facts.max_splits)
        terms: list[Any] = [facts.fixed[s] * opened[s] for s in sites]
        for line, need in enumerate(facts.wanted):
            taken = []
            for s in sites:
                most = min(need, facts.stock[s][line])
                if most:
                    units = model.new_int_var(0, most, "")
                    model.add(units <= most * opened[s])
                    taken.append(units)
                    terms.append(facts.unit[s][line] * units)
            model.add(sum(taken) == need)
        model.minimize(sum(terms))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        status = solver.solve(model)
        if status == cp_model.INFEASIBLE:
            return None
        if status != cp_model.OPTIMAL:
            raise RuntimeError(f"CP-SAT ended with {solver.status_name(status)}")
        optimum: float = solver.objective_value
        return round(optimum) - 1000 * SPLIT_PENALTY_MINOR

    return judge


def timed(call: Callable[..., Any], *args: Any, **options: Any) -> tuple[Any, float]:
    start = process_time()
    answer = call(*args, **options)
    return answer, (process_time() - start) * 1000


def spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    at = {
        name: ordered[min(len(ordered) - 1, int(len(ordered) * share))] for name, share in (("p50", 0.5), ("p99", 0.99))
    }
    return {"mean": round(mean(values), 3), **{name: round(value, 3) for name, value in at.items()}}


def gap(exact: list[int | None], other: list[int | None]) -> dict[str, Any]:
    """How much more expensive the other method is where both have a plan, in percent, and how many feasible orders it failed."""
    extra = sorted(100 * (o - e) / e for e, o in zip(exact, other, strict=True) if e is not None and o is not None)
    failed = sum(e is not None and o is None for e, o in zip(exact, other, strict=True))
    p95 = extra[int(len(extra) * 0.95)] if extra else 0.0
    return {"mean_percent": round(mean(extra or [0]), 2), "p95_percent": round(p95, 1), "failed": failed}


@dataclass(slots=True)
class Tally:
    """One case's measurements, order by order."""

    exact: list[int | None] = field(default_factory=list)
    greedy: list[int | None] = field(default_factory=list)
    nearest: list[int | None] = field(default_factory=list)
    search_ms: list[float] = field(default_factory=list)
    decide_ms: list[float] = field(default_factory=list)
    plan_ms: list[float] = field(default_factory=list)
    judge_ms: list[float] = field(default_factory=list)
    judged: int = 0
    disagreements: int = 0
    unproven: int = 0


def measure(tally: Tally, demand: Demand, sites: list[Site], policy: PolicyContent, judge: Judge | None) -> None:
    """Plan one order, time it, and ask the judges."""
    tally.search_ms.append(search_alone(demand, sites, policy))
    chosen, spent = timed(plan, demand, sites, policy, compare=False)
    tally.decide_ms.append(spent)
    tally.plan_ms.append(timed(plan, demand, sites, policy)[1])
    cost = chosen.cost_milli if chosen.outcome == "routed" else None
    facts = facts_of(demand, sites, policy)
    tally.exact.append(cost)
    tally.greedy.append(greedy(facts))
    tally.nearest.append(nearest_per_line(facts))
    tally.unproven += not chosen.search.exact
    optima = [brute_force(facts)] if len(sites) <= SMALL else []
    if judge is not None:
        optimum, spent = timed(judge, facts)
        tally.judge_ms.append(spent)
        optima.append(optimum)
    tally.judged += bool(optima)
    tally.disagreements += any(optimum != cost for optimum in optima)


def search_alone(demand: Demand, sites: list[Site], policy: PolicyContent) -> float:
    """Milliseconds of the search proper, its numbers packed and waiting."""
    items = gather_items(demand, by_value=False)
    offers = [(site, place, judge_site(site, items, demand, policy)[1]) for place, site in enumerate(sites)]
    board = set_board(demand, policy, items, offers, later=False)
    search = Search(compile_instance(board, "none"), policy.node_budget)
    return timed(search.run, min(policy.max_splits, len(board.sites)))[1]


def run_case(case: Case, orders: int, seed: int, judge: Judge | None) -> dict[str, Any]:
    tally = Tally()
    for demand, sites, policy in make_orders(case, max(1, int(orders * case.share)), seed):
        measure(tally, demand, sites, policy, judge)
    feasible = sum(cost is not None for cost in tally.exact)
    return {
        "case": case.name,
        "orders": len(tally.exact),
        "feasible": feasible,
        "unproven": tally.unproven,
        "search_ms": spread(tally.search_ms),
        "decide_ms": spread(tally.decide_ms),
        "plan_ms": spread(tally.plan_ms),
        "cp_sat_ms": spread(tally.judge_ms) if tally.judge_ms else None,
        "greedy": gap(tally.exact, tally.greedy),
        "nearest_per_line": gap(tally.exact, tally.nearest),
        "judged": tally.judged,
        "disagreements": tally.disagreements,
    }


def show(rows: list[dict[str, Any]]) -> None:
    print("CPU ms per order. search: branch-and-bound alone; decide: with filters, verdicts and compilation;")
    print("plan: with every runner-up too.")
    for row in rows:
        print(f"\n{row['case']}: {row['orders']} orders, {row['feasible']} feasible, {row['unproven']} unproven")
        for name in ("search_ms", "decide_ms", "plan_ms", "cp_sat_ms"):
            if row[name]:
                print(f"  {name:18} " + "  ".join(f"{key} {value:9.3f}" for key, value in row[name].items()))
        for name in ("greedy", "nearest_per_line"):
            lost = row[name]
            print(
                f"  {name:18} +{lost['mean_percent']} % mean, +{lost['p95_percent']} % p95, "
                f"failed {lost['failed']} of {row['feasible']} feasible"
            )
        print(f"  judged {row['judged']}, disagreements {row['disagreements']}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON line instead of the table")
    parser.add_argument("--orders", type=int, default=500, help="orders per case; the heavy case takes a quarter")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    judge = cp_sat()
    rows = [run_case(case, asked.orders, asked.seed, judge) for case in CASES]
    disagreements = sum(row["disagreements"] for row in rows)
    judged_by = "cp-sat and brute force" if judge else "brute force"
    if asked.json:
        report = {"bench": "routing", "judge": judged_by, "disagreements": disagreements, "cases": rows}
        print(json.dumps(report))
    else:
        show(rows)
        print(f"\n{disagreements} disagreements with {judged_by}")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
