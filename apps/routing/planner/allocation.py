"""Which units from which of the opened sites: the cheapest way, exact also where items share one SKU's stock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

from apps.routing.planner.compiled_problem import Instance


@dataclass(frozen=True, slots=True)
class Part:
    """Units of an item from a site, from stock or (`late`) from stock still to come. All but `late` are numbers."""

    item: int
    site: int
    late: bool
    units: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """Parts, the packed cost of their units and of those left out, and the units left out by item."""

    parts: list[Part]
    cost: int
    unserved: list[int]


@dataclass(slots=True)
class _Supply:
    cost: int
    late: bool
    site: int
    left: int


def allocate(instance: Instance, opened: tuple[int, ...]) -> Allocation:
    """Serve as much as the opened sites can, cheapest units first; ties go to the first site by code."""
    parts: list[Part] = []
    unserved = list(instance.wanted)
    pooled = {item for pool in instance.pools for item in pool}
    for item in range(len(unserved)):
        if item not in pooled:
            _take_cheapest(instance, opened, item, parts, unserved)
    for pool in instance.pools:
        _share(instance, opened, pool, parts, unserved)
    cost = sum(unserved) * instance.leaving
    for part in parts:
        cost += part.units * _unit_cost(instance, part)
    return Allocation(parts, cost, unserved)


def _supplies(instance: Instance, opened: tuple[int, ...], items: list[int]) -> list[_Supply]:
    """The opened sites' supplies of one SKU, cheapest first."""
    found: dict[tuple[int, bool], _Supply] = {}
    for item in items:
        row = instance.rows[item]
        for site in opened:
            on_hand = instance.board.on_hand[site][item]
            for place, (cost, units) in enumerate(row.get(site, ())):
                late = place > 0 or not on_hand
                found[site, late] = _Supply(cost, late, site, units)
    return sorted(found.values(), key=lambda supply: (supply.cost, supply.late, supply.site))


def _take_cheapest(
    instance: Instance, opened: tuple[int, ...], item: int, parts: list[Part], unserved: list[int]
) -> None:
    for supply in _supplies(instance, opened, [item]):
        units = min(supply.left, unserved[item])
        if units:
            parts.append(Part(item, supply.site, supply.late, units))
            unserved[item] -= units


def _share(
    instance: Instance, opened: tuple[int, ...], pool: list[int], parts: list[Part], unserved: list[int]
) -> None:
    """Items of one SKU that different sites may serve. A unit costs the same whichever item it goes to, so taking the
    cheapest supply first and rerouting what is in its way (an augmenting path) is exact."""
    supplies = _supplies(instance, opened, pool)
    flow = {item: [0] * len(supplies) for item in pool}
    for number, supply in enumerate(supplies):
        while supply.left and (path := _path(instance, supplies, flow, unserved, number)):
            push = min(supply.left, unserved[path[-1][1]])
            for (_, item), (source, _) in pairwise(path):
                push = min(push, flow[item][source])
            for place, (source, item) in enumerate(path):
                flow[item][source] += push
                if place + 1 < len(path):
                    flow[item][path[place + 1][0]] -= push
            supply.left -= push
            unserved[path[-1][1]] -= push
    for item in pool:
        for supply, units in zip(supplies, flow[item], strict=True):
            if units:
                parts.append(Part(item, supply.site, supply.late, units))


def _path(
    instance: Instance, supplies: list[_Supply], flow: dict[int, list[int]], unserved: list[int], start: int
) -> list[tuple[int, int]] | None:
    """Steps (supply, item it now goes to) from `start` to an item that still wants units; None when there is no way."""
    came: dict[int, list[tuple[int, int]]] = {start: []}
    reached: set[int] = set()
    queue = deque([start])
    while queue:
        source = queue.popleft()
        for item, feeding in flow.items():
            if item in reached or not _fits(instance, item, supplies[source]):
                continue
            reached.add(item)
            path = [*came[source], (source, item)]
            if unserved[item]:
                return path
            for other, units in enumerate(feeding):
                if units and other not in came:
                    came[other] = path
                    queue.append(other)
    return None


def _fits(instance: Instance, item: int, supply: _Supply) -> bool:
    if supply.site not in instance.rows[item]:
        return False
    return bool(instance.board.later[supply.site][item] if supply.late else instance.board.on_hand[supply.site][item])


def _unit_cost(instance: Instance, part: Part) -> int:
    supplies = instance.rows[part.item][part.site]
    return supplies[-1 if part.late else 0][0]
