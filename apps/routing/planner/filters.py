"""Hard filters: each looks at one candidate and says yes or no, with a stable code and a readable reason.

A node's verdicts are all kept, also after the first "no", because a person asking "why not York?" wants to know what
would have to change. Verdicts without numbers of their own are made once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from apps.core.text import Text
from apps.routing.planner.items import NOTHING, Item, Judged, Offer
from apps.routing.planner.problem import Demand, PolicyContent, Site, StockFact
from apps.routing.planner.results import Candidate, Verdict

SiteFilter = Callable[[Site, Demand, PolicyContent], Verdict]

# Levels that not every node offers; the others need no capability.
SPECIAL_LEVELS = frozenset({"express", "next_day", "same_day", "pickup"})
UNLIMITED = 10**9

ACTIVE = Verdict("active", True, "active", Text("active"))
INACTIVE = Verdict("active", False, "node_inactive", Text("switched off"))
OPEN = Verdict("open", True, "open", Text("open"))
UNLIMITED_CAPACITY = Verdict("capacity", True, "unlimited", Text("no daily limit"))
NO_CAPACITY = Verdict("capacity", False, "no_capacity", Text("no capacity left today"))
ZONE_NOT_REQUIRED = Verdict("zone", True, "zone_not_required", Text("the policy doesn't ask for the shipping zone"))
COLLECTED = Verdict("zone", True, "collected", Text("the customer comes for it"))
NOT_COUNTED = Text("stock isn't counted")
IN_GROUP = Verdict("group", True, "in_channel_group", Text("in the channel's location group"))
OUTSIDE_GROUP = Verdict("group", False, "outside_channel_group", Text("not in the channel's location group"))
LOCATED = Verdict("distance", True, "located", Text("its coordinates are known"))
NOT_LOCATED = Verdict("distance", False, "distance_unknown", Text("its coordinates are not known"))


def is_active(site: Site, demand: Demand, policy: PolicyContent) -> Verdict:
    return ACTIVE if site.active else INACTIVE


def is_open(site: Site, demand: Demand, policy: PolicyContent) -> Verdict:
    return OPEN if site.open else Verdict("open", False, "node_closed", _closed(site.closed_reason))


def _closed(why: str) -> Text:
    return Text("closed: {reason}", reason=why or Text("downtime"))


def is_capable(site: Site, demand: Demand, policy: PolicyContent) -> Verdict:
    level = demand.service_level
    return _capability(level, level not in SPECIAL_LEVELS or level in site.capabilities)


def has_rate(site: Site, demand: Demand, policy: PolicyContent) -> Verdict:
    return _rate(demand.service_level, site.rate_for(demand.service_level) is not None)


def has_capacity(site: Site, demand: Demand, policy: PolicyContent) -> Verdict:
    left = site.capacity_left
    if left is None:
        return UNLIMITED_CAPACITY
    return _capacity(left) if left > 0 else NO_CAPACITY


def serves_destination(site: Site, demand: Demand, policy: PolicyContent) -> Verdict:
    if demand.service_level == "pickup":
        return COLLECTED
    if not policy.require_in_shipping_zone:
        return ZONE_NOT_REQUIRED
    country = demand.destination.country
    return _zone(country, not site.serves or country in site.serves)


def is_in_group(site: Site, demand: Demand, policy: PolicyContent) -> Verdict:
    if demand.node_groups and site.groups.isdisjoint(demand.node_groups):
        return OUTSIDE_GROUP
    return IN_GROUP


def has_known_distance(site: Site, demand: Demand, policy: PolicyContent) -> Verdict:
    if site.lat is not None and site.lon is not None:
        return LOCATED
    # With no coordinates at the other end every node is equally far, and excluding all of them helps nobody.
    if policy.unknown_distance == "assume" or demand.destination.lat is None:
        return Verdict("distance", True, "distance_assumed", Text("{km} km assumed", km=policy.assumed_distance_km))
    return NOT_LOCATED


@lru_cache(maxsize=64)
def _capability(level: str, able: bool) -> Verdict:
    if able:
        return Verdict("capability", True, "capable", Text("can do {level}", level=Text(level.replace("_", " "))))
    return Verdict(
        "capability", False, "missing_capability", Text("can't do {level}", level=Text(level.replace("_", " ")))
    )


@lru_cache(maxsize=64)
def _rate(level: str, found: bool) -> Verdict:
    if found:
        return Verdict("rate", True, "rated", Text("has a carrier service for {level}", level=level))
    return Verdict("rate", False, "no_service_rate", Text("no carrier service for {level}", level=level))


@lru_cache(maxsize=1024)
def _capacity(left: int) -> Verdict:
    return Verdict("capacity", True, "capacity_left", Text("room for {left} more today", left=left))


@lru_cache(maxsize=1024)
def _zone(country: str, inside: bool) -> Verdict:
    if inside:
        return Verdict("zone", True, "in_shipping_zone", Text("ships to {country}", country=country))
    return Verdict("zone", False, "outside_shipping_zone", Text("doesn't ship to {country}", country=country))


SITE_FILTERS: tuple[SiteFilter, ...] = (
    is_active,
    is_open,
    is_capable,
    has_rate,
    has_capacity,
    serves_destination,
    is_in_group,
    has_known_distance,
)


def stock_verdict(site: Site, item: Item, policy: PolicyContent) -> Judged:
    """What the node can give of an item, and why not more. "Not stocked" and "none left" are different answers."""
    if item.restricted:
        if item.pinned and item.pinned != site.code:
            return item.elsewhere
        if site.code in item.excluded:
            return item.refused
    fact = site.stock.get(item.key)
    if item.tracked:
        return item.not_stocked if fact is None else _tracked_verdict(item, fact, policy)
    if fact is None and policy.untracked == "listed_nodes":
        return item.not_stocked
    return _has(item, "untracked", NOT_COUNTED, item.quantity), (item.quantity, 0)


def _tracked_verdict(item: Item, fact: StockFact, policy: PolicyContent) -> Judged:
    usable, note = max(fact.available, 0), ""
    if fact.in_doubt:
        note = Text(
            ": {shown} shown, but the location says they are not there; until it is counted none is relied on",
            shown=usable,
        )
        usable = 0
    elif fact.low_confidence:
        buffer = low_confidence_buffer(usable, policy)
        note = Text(" ({reported} reported, less {buffer} because the feed is old)", reported=usable, buffer=buffer)
        usable = max(usable - buffer, 0)
    later = 0
    if fact.backorderable:
        later = UNLIMITED if fact.backorder_limit is None else max(fact.backorder_limit, 0)
    said = {"usable": usable, "wanted": item.quantity, "sku": item.sku, "note": note}
    if usable:
        code = "in_stock" if usable >= item.quantity else "part_stock"
        return _has(item, code, Text("{usable} of {wanted} {sku}{note}", **said), usable), (usable, later)
    if later:
        takes = Text("{usable} of {wanted} {sku}, takes backorders{note}", **said)
        return _has(item, "backorderable", takes, 0), (0, later)
    if note:
        code = "in_doubt" if fact.in_doubt else "out_of_stock"
        reason = Text("{usable} of {wanted} {sku}{note}", **said)
        return Verdict("stock", False, code, reason, item.sku, 0, item.quantity), NOTHING
    return item.out_of_stock


def low_confidence_buffer(units: int, policy: PolicyContent) -> int:
    """Units not to be relied on: the policy's units or its percentage rounded up, whichever is more."""
    percent = -(-units * policy.low_confidence_buffer_percent // 100)
    return min(units, max(policy.low_confidence_buffer_units, percent))


def _has(item: Item, code: str, reason: str, have: int) -> Verdict:
    return Verdict("stock", True, code, reason, item.sku, have, item.quantity)


def judge_site(site: Site, items: list[Item], demand: Demand, policy: PolicyContent) -> tuple[Candidate, list[Offer]]:
    """Every verdict on one node, and what it has of each item; offers count only where the candidate is eligible."""
    verdicts = [judge(site, demand, policy) for judge in SITE_FILTERS]
    fit = True
    for verdict in verdicts:
        if not verdict.passed:
            fit = False
    offers, useful = [], False
    for item in items:
        verdict, offer = stock_verdict(site, item, policy)
        verdicts.append(verdict)
        offers.append(offer)
        if offer[0] or offer[1]:
            useful = True
    eligible = fit and useful
    return Candidate(site.code, site.name, eligible, tuple(verdicts)), offers
