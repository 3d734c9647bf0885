"""Small ways to say a routing problem, and an independent answer to it by trying everything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import product
from typing import Any

from apps.routing.planner import (
    Demand,
    Destination,
    LineDemand,
    Plan,
    PolicyContent,
    Rate,
    Site,
    StockFact,
    inputs_json,
    plan,
    replay,
)
from apps.routing.planner.distance import haversine_km
from apps.routing.planner.filters import SITE_FILTERS

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
Want = int | LineDemand


def a_site(code: str, stock: Mapping[str, int | StockFact] | None = None, **facts: Any) -> Site:
    """A node named after its code; 5.00 a parcel unless `base` or `rates` says otherwise."""
    base = facts.pop("base", 500)
    rates = facts.pop("rates", {"standard": Rate(base)})
    held = {sku: fact if isinstance(fact, StockFact) else StockFact(fact) for sku, fact in (stock or {}).items()}
    return Site(code=code, name=facts.pop("name", code.title()), rates=rates, stock=held, **facts)


def a_demand(*lines: LineDemand, **facts: Any) -> Demand:
    """`a_demand(X=2, Y=1)` or with lines of one's own; other keywords are the demand's fields."""
    wanted = {key: facts.pop(key) for key in list(facts) if key.isupper()}
    lines += tuple(LineDemand(sku, sku, quantity, unit_price_minor=1000) for sku, quantity in wanted.items())
    place = facts.pop("destination", Destination("GB"))
    given = {"order_ref": "ord_1", "service_level": "standard", "currency": "GBP", "at": AT, **facts}
    return Demand(lines=lines, destination=place, **given)


def placed(answer: Plan) -> dict[tuple[str, str], int]:
    """Units by (node, line), on hand and backordered together."""
    units: dict[tuple[str, str], int] = {}
    for part in answer.assignments:
        units[part.site, part.line_ref] = units.get((part.site, part.line_ref), 0) + part.quantity
    return units


def short(answer: Plan) -> dict[str, int]:
    return {shortfall.line_ref: shortfall.quantity for shortfall in answer.shortfalls}


def verdict_codes(answer: Plan, site: str) -> list[str]:
    """Codes of what the node failed."""
    candidate = next(candidate for candidate in answer.candidates if candidate.site == site)
    return [verdict.code for verdict in candidate.verdicts if not verdict.passed]


def score(answer: Plan, criterion: str) -> int:
    return next(each.value for each in answer.scores if each.criterion == criterion)


def through_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def replayed(demand: Demand, sites: Sequence[Site], policy: PolicyContent) -> Plan:
    return replay(through_json(inputs_json(demand, sites, policy)))


# The independent answer. It knows nothing of items, instances or bounds: it tries every way to deal out the units of
# every line, and adds up each criterion from its definition.

Slot = tuple[int, bool]  # index of a site, backordered?


def best_vector(demand: Demand, sites: list[Site], policy: PolicyContent, mode: str) -> tuple[int, ...] | None:
    """The least vector of scores any plan can have: (unserved, backordered, criteria…, node codes).

    `mode`: none (everything from stock), unserved, or backorder. None where there is no plan.
    """
    fit = [site for site in sites if all(judge(site, demand, policy).passed for judge in SITE_FILTERS)]
    useful = sorted(
        (s for s in fit if any(_slots(demand, line, [s], policy, mode) for line in demand.lines)), key=lambda s: s.code
    )
    vectors = (
        _vector(demand, useful, sites, policy, dealt)
        for dealt in _deals(demand, useful, policy, mode)
        if len({index for line in dealt for (index, _), units in line.items() if units}) <= policy.max_splits
    )
    return min(vectors, default=None)


def _slots(demand: Demand, line: LineDemand, sites: list[Site], policy: PolicyContent, mode: str) -> dict[Slot, int]:
    slots: dict[Slot, int] = {}
    counted = any(other.tracked for other in demand.lines if other.sku.casefold() == line.sku.casefold())
    for index, site in enumerate(sites):
        fact = site.stock.get(line.sku.casefold())
        if site.code in line.excluded_nodes or line.pinned_node not in (None, site.code):
            continue
        if not counted and (fact or policy.untracked == "any_node"):
            slots[index, False] = line.quantity
        elif counted and fact:
            if fact.available > 0:
                slots[index, False] = fact.available
            limit = fact.backorder_limit if fact.backorder_limit is not None else 10**6
            if mode == "backorder" and fact.backorderable and limit > 0:
                slots[index, True] = limit
    return slots


def _deals(demand: Demand, sites: list[Site], policy: PolicyContent, mode: str) -> Iterator[list[dict[Slot, int]]]:
    """Every way to deal out every line's units that no SKU's stock forbids."""
    ways = []
    for line in demand.lines:
        slots = _slots(demand, line, sites, policy, mode)
        ways.append([way for way in _ways(line.quantity, list(slots.items())) if mode != "none" or _all_of(line, way)])
    for dealt in product(*ways):
        taken: dict[tuple[str, Slot], int] = {}
        for line, way in zip(demand.lines, dealt, strict=True):
            for slot, units in way.items():
                taken[line.sku.casefold(), slot] = taken.get((line.sku.casefold(), slot), 0) + units
        if all(units <= _limit(demand, sites, sku, slot) for (sku, slot), units in taken.items()):
            yield list(dealt)


def _all_of(line: LineDemand, way: dict[Slot, int]) -> bool:
    return sum(way.values()) == line.quantity


def _limit(demand: Demand, sites: list[Site], sku: str, slot: Slot) -> int:
    if not any(line.tracked for line in demand.lines if line.sku.casefold() == sku):
        return 10**6
    fact = sites[slot[0]].stock[sku]
    if not slot[1]:
        return max(fact.available, 0)
    return 10**6 if fact.backorder_limit is None else fact.backorder_limit


def _ways(units: int, slots: list[tuple[Slot, int]]) -> Iterator[dict[Slot, int]]:
    """Every way to put at most `units` into the slots."""
    if not slots:
        yield {}
        return
    (slot, most), rest = slots[0], slots[1:]
    for here in range(min(units, most) + 1):
        for way in _ways(units - here, rest):
            yield {slot: here, **way} if here else way


def _vector(
    demand: Demand, sites: list[Site], given: list[Site], policy: PolicyContent, dealt: list[dict[Slot, int]]
) -> tuple[int, ...]:
    flat = [(line, slot, units) for line, way in zip(demand.lines, dealt, strict=True) for slot, units in way.items()]
    opened = {slot[0] for _, slot, _ in flat}
    total = sum(line.quantity for line in demand.lines)
    amounts = [total - sum(units for _, _, units in flat), sum(units for _, slot, units in flat if slot[1])]
    names = list(policy.criteria) + ([] if "least_cost" in policy.criteria else ["least_cost"])
    for name in names:
        fixed = sum(_fixed(name, demand, sites[index], policy) for index in opened)
        fixed -= 1000 * policy.split_penalty_minor if name == "least_cost" and opened else 0
        per_unit = sum(units * _unit(name, demand, line, sites, slot[0], given, policy) for line, slot, units in flat)
        amounts.append(fixed + per_unit)
    return (*amounts, sum(opened))


def _km(demand: Demand, site: Site, policy: PolicyContent) -> int:
    at, here = (demand.destination.lat, demand.destination.lon), (site.lat, site.lon)
    if None in at or None in here:
        return policy.assumed_distance_km
    return haversine_km(*at, *here)  # type: ignore[arg-type]


def _fixed(name: str, demand: Demand, site: Site, policy: PolicyContent) -> int:
    rate = site.rates["standard"]
    if name == "fewest_shipments":
        return 1
    if name != "least_cost":
        return 0
    parcel = rate.base_minor + site.handling_minor + policy.split_penalty_minor
    return 1000 * parcel + rate.per_km_milli * _km(demand, site, policy)


def _unit(
    name: str, demand: Demand, line: LineDemand, sites: list[Site], index: int, given: list[Site], policy: PolicyContent
) -> int:
    site, sku = sites[index], line.sku.casefold()
    if name == "least_cost":
        return 1000 * site.pick_minor + site.rates["standard"].per_kg_minor * line.unit_weight_g
    if name == "nearest":
        return _km(demand, site, policy)
    if name == "node_priority":
        return site.priority - min(each.priority for each in sites)
    if name == "same_country":
        return int(site.country != demand.destination.country)
    if name == "given_order":
        codes = list(policy.node_order)
        if not codes:
            return [each.code for each in given].index(site.code)
        return codes.index(site.code) if site.code in codes else len(codes)
    if name == "most_stock":
        if not any(other.tracked for other in demand.lines if other.sku.casefold() == sku):
            return 0
        allowed = [
            s for s in sites if any(_may_serve(other, s) for other in demand.lines if other.sku.casefold() == sku)
        ]
        stock = {s.code: max(s.stock[sku].available, 0) for s in allowed if sku in s.stock}
        return max(stock.values()) - stock[site.code]
    return 0


def _may_serve(line: LineDemand, site: Site) -> bool:
    return site.code not in line.excluded_nodes and line.pinned_node in (None, site.code)


def solve(demand: Demand, sites: Sequence[Site], **policy: Any) -> Plan:
    """`plan` under a policy given by its fields, proved to survive JSON and replay on the way."""
    content = PolicyContent(**policy)
    answer = plan(demand, sites, content)
    assert Plan.from_json(through_json(answer.to_json())) == answer
    assert replayed(demand, sites, content) == answer
    return answer
