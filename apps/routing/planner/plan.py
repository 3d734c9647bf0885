"""Plan one order: filter, search, and, where stock does not cover it, what the policy says about shortage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apps.routing.planner.allocation import Allocation, allocate
from apps.routing.planner.compiled_problem import Instance, Shortage, compile_instance, set_board
from apps.routing.planner.costing import cost_in, scores_of, search_report, shipment_costs
from apps.routing.planner.filters import judge_site
from apps.routing.planner.items import Item, Offer, deal_to_lines, gather_items
from apps.routing.planner.problem import Demand, InvalidProblem, PolicyContent, Site
from apps.routing.planner.results import Assignment, Candidate, Outcome, Plan, SearchReport, Shortfall
from apps.routing.planner.runner_ups import runner_ups
from apps.routing.planner.search import Search, Solution
from apps.routing.planner.shortfall import held_codes, item_codes, worst_of

# Serving as much as possible is a harder question than serving everything, and a less important one to get to the penny.
SHORTAGE_SHARE = 4


@dataclass(slots=True)
class _Case:
    """One order under decision: what was asked and what the filters left."""

    demand: Demand
    policy: PolicyContent
    items: list[Item]
    candidates: tuple[Candidate, ...]
    offers: list[tuple[Site, int, list[Offer]]]
    compare: bool


@dataclass(slots=True)
class _Attempt:
    """One search and its answer."""

    instance: Instance
    search: Search
    solution: Solution
    room: int


def plan(demand: Demand, sites: Sequence[Site], policy: PolicyContent, *, compare: bool = True) -> Plan:
    """Choose the nodes for a demand. Pure: the same inputs give the same plan, in whatever order they come.

    `compare` False leaves the runner-ups out, which is faster for splits. Raises `InvalidProblem`.
    """
    case = _judge(demand, sites, policy, compare)
    attempt = _attempt(case, "none")
    if attempt.solution.opened is not None:
        return _served(case, attempt)
    shortage, sure = _shortage_rule(demand, policy), attempt.solution.exact
    if shortage != "none":
        second = _attempt(case, shortage, room=1 if demand.ship_complete else None)
        served = _served(case, second)
        # The second search sees all the first one saw, unless it was kept to one node.
        sure = second.solution.exact and (sure or not demand.ship_complete)
        if _is_acceptable(served, shortage):
            return replace(served, search=replace(served.search, exact=sure))
    return _unserved(case, attempt, sure, later=shortage == "backorder")


def _judge(demand: Demand, sites: Sequence[Site], policy: PolicyContent, compare: bool) -> _Case:
    if len({site.code for site in sites}) != len(sites):
        raise InvalidProblem("a node is given twice")
    items = gather_items(demand, by_value=bool(policy.min_shipment_value_minor))
    candidates: list[Candidate] = []
    offers: list[tuple[Site, int, list[Offer]]] = []
    for place, site in enumerate(sites):
        candidate, offer = judge_site(site, items, demand, policy)
        candidates.append(candidate)
        if candidate.eligible:
            offers.append((site, place, offer))
    candidates.sort(key=lambda candidate: candidate.site)
    return _Case(demand, policy, items, tuple(candidates), offers, compare)


def _attempt(case: _Case, shortage: Shortage, room: int | None = None, least_value: int | None = None) -> _Attempt:
    """Search once. `room` and `least_value` override the policy's."""
    if least_value is None:
        least_value = case.policy.min_shipment_value_minor
    board = set_board(case.demand, case.policy, case.items, case.offers, later=shortage == "backorder")
    instance = compile_instance(board, shortage)
    budget = case.policy.node_budget if shortage == "none" else -(-case.policy.node_budget // SHORTAGE_SHARE)
    search = Search(instance, budget, least_value)
    room = case.policy.max_splits if room is None else room
    if least_value:  # more parts than that can't all be worth it
        worth = sum(item.quantity * item.value_minor for item in case.items)
        room = max(1, min(room, worth // least_value))
    room = min(room, max(1, len(board.sites)))
    return _Attempt(instance, search, search.run(room), room)


def _shortage_rule(demand: Demand, policy: PolicyContent) -> Shortage:
    """What may happen when stock doesn't cover the order. A customer who wants all or nothing gets no part of it, but
    may wait for one node to have it all."""
    if policy.partial == "backorder":
        return "backorder"
    if policy.partial == "ship_available" and not demand.ship_complete:
        return "unserved"
    return "none"


def _is_acceptable(served: Plan, shortage: Shortage) -> bool:
    """Backordering leaves nothing out, or the order would never be complete; shipping in part ships something."""
    return bool(served.assignments) and (shortage == "unserved" or not served.shortfalls)


def _served(case: _Case, attempt: _Attempt) -> Plan:
    instance, solution = attempt.instance, attempt.solution
    allocation = allocate(instance, solution.opened or ())
    chosen = tuple(sorted({part.site for part in allocation.parts}))
    packed = allocation.cost + sum(instance.fixed[site] for site in chosen)
    assignments = _assignments(instance, allocation)
    shortfalls = _shortfalls(case, assignments, allocation)
    scores = scores_of(instance, packed) if chosen else ()
    losers = runner_ups(instance, chosen, packed, attempt.search, attempt.room) if case.compare and chosen else ()
    return Plan(
        order_ref=case.demand.order_ref,
        outcome=_outcome(assignments, shortfalls),
        reason=worst_of(shortfalls),
        assignments=assignments,
        shortfalls=shortfalls,
        costs=shipment_costs(instance, allocation.parts),
        cost_milli=cost_in(scores) if scores else 0,
        cost_currency=case.demand.cost_currency or case.demand.currency,
        scores=scores,
        runner_ups=losers,
        candidates=case.candidates,
        search=search_report(instance, solution),
    )


def _outcome(assignments: tuple[Assignment, ...], shortfalls: tuple[Shortfall, ...]) -> Outcome:
    if not assignments:
        return "unroutable"
    if shortfalls:
        return "partial"
    return "backordered" if any(assignment.backordered for assignment in assignments) else "routed"


def _assignments(instance: Instance, allocation: Allocation) -> tuple[Assignment, ...]:
    """Items' parts dealt to their lines, by line, then node, stock before backorder."""
    dealt: list[Assignment] = []
    for index, item in enumerate(instance.board.items):
        parts = [
            (instance.board.sites[part.site].code, part.late, part.units)
            for part in allocation.parts
            if part.item == index
        ]
        skus = {line.line_ref: line.sku for line in item.lines}
        dealt += [
            Assignment(site, ref, skus[ref], units, late) for site, late, ref, units in deal_to_lines(item, parts)
        ]
    return tuple(sorted(dealt, key=lambda part: (part.line_ref, part.site, part.backordered)))


def _shortfalls(case: _Case, assignments: tuple[Assignment, ...], allocation: Allocation) -> tuple[Shortfall, ...]:
    if not any(allocation.unserved):
        return ()
    served: dict[str, int] = {}
    for part in assignments:
        served[part.line_ref] = served.get(part.line_ref, 0) + part.quantity
    codes = item_codes(case.items, case.candidates, case.offers, later=False)
    split_code = _split_code(case)
    return tuple(
        sorted(
            (
                Shortfall(line.line_ref, line.sku, missing, codes[index] or split_code)
                for index, item in enumerate(case.items)
                for line in item.lines
                if (missing := line.quantity - served.get(line.line_ref, 0))
            ),
            key=lambda short: short.line_ref,
        )
    )


def _split_code(case: _Case) -> str:
    """All stock is there, yet no allowed set of nodes has it: too many nodes, or parts worth too little?"""
    if not case.policy.min_shipment_value_minor:
        return "max_splits"
    without = _attempt(case, "none", least_value=0)
    return "max_splits" if without.solution.opened is None else "shipment_value"


def _unserved(case: _Case, attempt: _Attempt, sure: bool, later: bool) -> Plan:
    """Nothing is assigned; every line waits, each with its own reason. `sure`: it is proved that nothing could be."""
    codes = held_codes(item_codes(case.items, case.candidates, case.offers, later), lambda: _split_code(case))
    shortfalls = tuple(
        sorted(
            (
                Shortfall(line.line_ref, line.sku, line.quantity, codes[index])
                for index, item in enumerate(case.items)
                for line in item.lines
            ),
            key=lambda short: short.line_ref,
        )
    )
    return Plan(
        order_ref=case.demand.order_ref,
        outcome="unroutable",
        reason=worst_of(shortfalls),
        assignments=(),
        shortfalls=shortfalls,
        costs=(),
        cost_milli=0,
        cost_currency=case.demand.cost_currency or case.demand.currency,
        scores=(),
        runner_ups=(),
        candidates=case.candidates,
        search=SearchReport(sure, attempt.solution.steps, attempt.solution.weighed),
    )
