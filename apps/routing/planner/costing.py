"""A chosen plan's costs and scores, in the units people read."""

from __future__ import annotations

from apps.routing.planner.allocation import Part
from apps.routing.planner.compiled_problem import BACKORDERED, CODE, UNSERVED, Instance
from apps.routing.planner.criteria import MILLI
from apps.routing.planner.problem import InvalidProblem
from apps.routing.planner.results import Score, SearchReport, ShipmentCost
from apps.routing.planner.search import Solution


def shipment_costs(instance: Instance, parts: list[Part]) -> tuple[ShipmentCost, ...]:
    """One cost per node that ships, by node code. The first ships free of the split penalty."""
    units: dict[int, int] = {}
    grams: dict[int, int] = {}
    for part in parts:
        units[part.site] = units.get(part.site, 0) + part.units
        grams[part.site] = grams.get(part.site, 0) + part.units * instance.board.items[part.item].weight_g
    return tuple(
        _shipment_cost(instance, site, units[site], grams[site], first=place == 0)
        for place, site in enumerate(sorted(units))
    )


def _shipment_cost(instance: Instance, index: int, units: int, grams: int, *, first: bool) -> ShipmentCost:
    board = instance.board
    site, km = board.sites[index], board.km[index]
    rate = site.rate_for(board.demand.service_level)
    if rate is None:  # has_rate lets no such node through
        raise InvalidProblem(f"node {site.code} has no rate for {board.demand.service_level}")
    return ShipmentCost(
        site=site.code,
        distance_km=km,
        units=units,
        shipment_milli=MILLI * rate.base_minor,
        distance_milli=rate.per_km_milli * (board.policy.assumed_distance_km if km is None else km),
        weight_milli=rate.per_kg_minor * grams,
        handling_milli=MILLI * site.handling_minor,
        pick_milli=MILLI * site.pick_minor * units,
        split_milli=0 if first else MILLI * board.policy.split_penalty_minor,
        service=rate.service,
    )


def scores_of(instance: Instance, packed: int) -> tuple[Score, ...]:
    """A packed vector as scores, first criterion first; cost free of the first shipment's split penalty."""
    amounts = instance.unpack(packed)
    del amounts[CODE]
    if any(value for name, value in amounts.items() if name not in (UNSERVED, BACKORDERED)):
        amounts["least_cost"] -= MILLI * instance.board.policy.split_penalty_minor
    return tuple(Score(name, value) for name, value in amounts.items())


def cost_in(scores: tuple[Score, ...]) -> int:
    """The plan's cost in thousandths of a minor unit."""
    return next(score.value for score in scores if score.criterion == "least_cost")


def search_report(instance: Instance, solution: Solution) -> SearchReport:
    """How sure the answer is: the first criterion on which the proven bound is below the plan found."""
    if solution.exact or solution.opened is None:
        return SearchReport(solution.exact, solution.steps, solution.weighed)
    found, bound = instance.unpack(solution.cost), instance.unpack(solution.bound)
    lead = next(name for name in found if found[name] != bound[name])
    return SearchReport(False, solution.steps, solution.weighed, found[lead] - bound[lead], lead)
