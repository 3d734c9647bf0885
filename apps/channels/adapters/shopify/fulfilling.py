"""Which of Shopify's fulfillment orders a shipment of ours fulfills, and which of its units none of them can take. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.channels.framework.json_values import dicts

OPEN = frozenset({"open", "in_progress"})
# It will be open again: somebody lets it go there, or its day comes.
_LATER = {
    "on_hold": "its own fulfillment order is on hold",
    "scheduled": "its own fulfillment order is scheduled for later",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """``groups``: what to fulfill, apart for each location; ``units`` of it by the order's line id. ``left``: how many units
    no open fulfillment order has and nobody fulfilled there, and ``why``."""

    groups: list[list[dict[str, Any]]]
    units: Counter[str]
    left: int
    why: str


def plan_of(fulfillment_orders: Sequence[dict[str, Any]], units: Mapping[str, int], known: Mapping[str, int]) -> Plan:
    """``known``: units by line that were reported to the shop before."""
    left = Counter(units)
    groups, whole = _groups(fulfillment_orders, left)
    if whole:
        return Plan(groups, Counter(units), 0, "")
    taken = Counter(units) - left
    waiting, why = _waiting(fulfillment_orders, left)
    done_there = _fulfilled(fulfillment_orders, left) - Counter(known)
    nowhere = left - waiting - done_there
    missing = (left & waiting).total() + nowhere.total()
    if not why:
        why = "it lists no open fulfillment order with them, or lets us see none"
    return Plan(groups, taken, missing, why)


def elsewhere(
    fulfillment_orders: Sequence[dict[str, Any]], units: Mapping[str, int], location: str
) -> list[tuple[object, list[dict[str, Any]]]]:
    """Ids of the open fulfillment orders that are assigned to another location, each with those of their lines that are in
    ``units``; none where those at the location have enough."""
    left, found = Counter(units), list[tuple[object, list[dict[str, Any]]]]()
    here = [one for one in fulfillment_orders if str(one.get("assigned_location_id")) == location]
    _groups(here, left)
    for one in fulfillment_orders:
        if one not in here and one.get("status") in OPEN:
            taken = [entry for line in dicts(one.get("line_items")) if (entry := _take(line, left))]
            found += [(one.get("id"), taken)] if taken else []
    return found


def _groups(
    fulfillment_orders: Sequence[dict[str, Any]], left: Counter[str]
) -> tuple[list[list[dict[str, Any]]], bool]:
    """Never more than the shop has left. Also whether one was taken whole: one that lists no lines can only be meant so."""
    by_location: dict[object, list[dict[str, Any]]] = {}
    whole = False
    for one in fulfillment_orders:
        if one.get("status") not in OPEN:
            continue
        lines = dicts(one.get("line_items"))
        taken = [entry for line in lines if (entry := _take(line, left))]
        if taken or (not lines and left):
            group: dict[str, Any] = {"fulfillment_order_id": one.get("id")}
            if taken:
                group["fulfillment_order_line_items"] = taken
            whole = whole or not lines
            by_location.setdefault(one.get("assigned_location_id"), []).append(group)
    return list(by_location.values()), whole


def _take(line: dict[str, Any], left: Counter[str]) -> dict[str, Any] | None:
    key = str(line.get("line_item_id"))
    count = min(left[key], _fulfillable(line))
    if count <= 0:
        return None
    left[key] -= count
    return {"id": line.get("id"), "quantity": count}


def _fulfillable(line: dict[str, Any]) -> int:
    available = line.get("fulfillable_quantity", line.get("quantity"))
    return available if isinstance(available, int) else 0


def _waiting(fulfillment_orders: Sequence[dict[str, Any]], left: Counter[str]) -> tuple[Counter[str], str]:
    found: Counter[str] = Counter()
    why = ""
    for one in fulfillment_orders:
        for line in dicts(one.get("line_items")) if one.get("status") in _LATER else []:
            key = str(line.get("line_item_id"))
            if left[key] > 0 and _fulfillable(line):
                found[key] += _fulfillable(line)
                why = _LATER[str(one["status"])]
    return found, why


def _fulfilled(fulfillment_orders: Sequence[dict[str, Any]], left: Counter[str]) -> Counter[str]:
    """What the shop has as fulfilled, by whomever. A list that says nothing of how many there were means all."""
    found: Counter[str] = Counter()
    for one in fulfillment_orders:
        for line in dicts(one.get("line_items")) if one.get("status") != "cancelled" else []:
            key, quantity = str(line.get("line_item_id")), line.get("quantity")
            if isinstance(quantity, int):
                found[key] += max(quantity - (_fulfillable(line) if one.get("status") != "closed" else 0), 0)
            elif not _fulfillable(line):
                found[key] += 10**9
    return found
