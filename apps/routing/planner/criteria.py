"""Criteria: what makes one plan better than another.

A strategy is an ordered list of them; each only breaks the ties of those before it. Every criterion adds up the same
way: so much for each node that ships, so much for each unit from that node. That is what lets one exact search serve
every order of criteria. No amount may be negative; smaller is better.

Where a strategy does not say so itself, equal plans are ordered by cost and then by node code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from apps.routing.planner.distance import haversine_km
from apps.routing.planner.items import Item
from apps.routing.planner.problem import Demand, InvalidProblem, PolicyContent, Site

MILLI = 1000


@dataclass(slots=True)
class Board:
    """The facts criteria look at: candidates sorted by code, items, and who could serve which item.

    `km[s]` is None where a coordinate is missing. `given[s]` is the place in the input. `holders[i]` lists indexes of
    sites; `on_hand[s][i]` and `later[s][i]` are in units, `later` is empty where stock still to come doesn't count.
    """

    demand: Demand
    policy: PolicyContent
    sites: list[Site]
    items: list[Item]
    km: list[int | None]
    given: list[int]
    holders: list[list[int]]
    on_hand: list[list[int]]
    later: list[list[int]]


@dataclass(frozen=True, slots=True)
class Column:
    """One criterion's amounts: `fixed[s]` for each node that ships, `unit[i][h]` a unit of item i from its h-th holder.

    None stands for all zero.
    """

    fixed: list[int] | None = None
    unit: list[list[int]] | None = None


def least_cost(board: Board) -> Column:
    """Carriage, handling, distance, weight, picking and the split penalty, in thousandths of a minor unit."""
    demand, policy = board.demand, board.policy
    fixed, pick, per_kg = [], [], []
    for site, km in zip(board.sites, board.km, strict=True):
        rate = site.rate_for(demand.service_level)
        if rate is None:  # has_rate lets no such node through
            raise InvalidProblem(f"node {site.code} has no rate for {demand.service_level}")
        distance = policy.assumed_distance_km if km is None else km
        minor = rate.base_minor + site.handling_minor + policy.split_penalty_minor
        fixed.append(MILLI * minor + distance * rate.per_km_milli)
        pick.append(MILLI * site.pick_minor)
        per_kg.append(rate.per_kg_minor)  # a minor unit a kilogram is a thousandth of one a gram
    unit = [
        [pick[s] + per_kg[s] * item.weight_g for s in holders]
        for item, holders in zip(board.items, board.holders, strict=True)
    ]
    return Column(fixed, unit)


def fewest_shipments(board: Board) -> Column:
    """One for each node that ships."""
    return Column(fixed=[1] * len(board.sites))


def nearest(board: Board) -> Column:
    """Unit-kilometres: every unit comes from as near as can be."""
    assumed = board.policy.assumed_distance_km
    return _by_site(board, [assumed if km is None else km for km in board.km])


def node_priority(board: Board) -> Column:
    """The nodes' own priorities, unit by unit; the smallest is preferred."""
    least = min((site.priority for site in board.sites), default=0)
    return _by_site(board, [site.priority - least for site in board.sites])


def most_stock(board: Board) -> Column:
    """Balance: take units where most lie. Counts how much less a node has than the fullest one; nothing for
    goods whose stock isn't counted."""
    fullest: dict[str, int] = defaultdict(int)
    for index, item in enumerate(board.items):
        fullest[item.key] = max(fullest[item.key], *(board.on_hand[s][index] for s in board.holders[index]), 0)
    unit = [
        [fullest[item.key] - board.on_hand[s][index] if item.tracked else 0 for s in holders]
        for index, (item, holders) in enumerate(zip(board.items, board.holders, strict=True))
    ]
    return Column(unit=unit)


def given_order(board: Board) -> Column:
    """The policy's own sequence of nodes, unit by unit; nodes it doesn't name come last, as equals."""
    order = board.policy.node_order
    if not order:
        return _by_site(board, board.given)
    rank = {code: place for place, code in enumerate(order)}
    return _by_site(board, [rank.get(site.code, len(order)) for site in board.sites])


def same_country(board: Board) -> Column:
    """Units that would cross a border."""
    country = board.demand.destination.country
    return _by_site(board, [int(site.country != country) for site in board.sites])


def node_code(board: Board) -> Column:
    """The last tie-break: alphabetical, so that equal plans never depend on the order of the input."""
    return Column(fixed=list(range(len(board.sites))))


def _by_site(board: Board, amounts: list[int]) -> Column:
    return Column(unit=[[amounts[s] for s in holders] for holders in board.holders])


CRITERIA: dict[str, Callable[[Board], Column]] = {
    "least_cost": least_cost,
    "fewest_shipments": fewest_shipments,
    "nearest": nearest,
    "node_priority": node_priority,
    "most_stock": most_stock,
    "given_order": given_order,
    "same_country": same_country,
}


def strategy_of(policy: PolicyContent) -> tuple[str, ...]:
    """The policy's criteria, then cost where it isn't named."""
    return policy.criteria if "least_cost" in policy.criteria else (*policy.criteria, "least_cost")


def distances(demand: Demand, sites: list[Site]) -> list[int | None]:
    """Whole kilometres from each site to the destination, None where a coordinate is missing."""
    lat, lon = demand.destination.lat, demand.destination.lon
    if lat is None or lon is None:
        return [None] * len(sites)
    return [
        None if site.lat is None or site.lon is None else haversine_km(lat, lon, site.lat, site.lon) for site in sites
    ]
