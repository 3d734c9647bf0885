"""Why units stay unserved: the code a person, a case queue and a report all read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from apps.routing.planner.filters import SITE_FILTERS
from apps.routing.planner.items import Item, Offer
from apps.routing.planner.problem import Site
from apps.routing.planner.results import Candidate, Shortfall

# The gravest first: the one that would still stand if all after it were solved.
GRAVITY = ("not_stocked", "no_candidate", "insufficient_stock", "shipment_value", "max_splits", "held")


def item_codes(
    items: list[Item], candidates: tuple[Candidate, ...], offers: list[tuple[Site, int, list[Offer]]], later: bool
) -> list[str]:
    """By item: why even all eligible nodes together can't serve it; empty where they can. Items of one SKU share its
    stock, so they are short together."""
    indexes: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        indexes[item.key].append(index)
    codes = [""] * len(items)
    for group in indexes.values():
        for index in group:
            codes[index] = _code([index], items, candidates, offers, later)
        if items[group[0]].tracked and not any(codes[index] for index in group):
            together = _code(group, items, candidates, offers, later)
            for index in group:
                codes[index] = together
    return codes


def _code(
    group: list[int],
    items: list[Item],
    candidates: tuple[Candidate, ...],
    offers: list[tuple[Site, int, list[Offer]]],
    later: bool,
) -> str:
    wanted = sum(items[index].quantity for index in group)
    units = sum(max(row[i][0] + (row[i][1] if later else 0) for i in group) for _, _, row in offers)
    if units >= wanted:
        return ""
    verdicts = [(candidate, [candidate.verdicts[len(SITE_FILTERS) + i] for i in group]) for candidate in candidates]
    if all(verdict.code == "not_stocked" for _, row in verdicts for verdict in row):
        return "not_stocked"
    # What failing nodes have would have been enough: the tests are the reason, not the stock.
    refused = sum(max(verdict.have or 0 for verdict in row) for candidate, row in verdicts if not _is_fit(candidate))
    return "no_candidate" if units + refused >= wanted else "insufficient_stock"


def _is_fit(candidate: Candidate) -> bool:
    return all(verdict.passed for verdict in candidate.verdicts[: len(SITE_FILTERS)])


def held_codes(codes: list[str], split_code: Callable[[], str]) -> list[str]:
    """Codes for an order nothing of which ships: lines that are fine wait for those that aren't; when each alone is
    fine, it is the split that isn't (asked for only then: it takes a search)."""
    if any(codes):
        return [code or "held" for code in codes]
    return [split_code()] * len(codes)


def worst_of(shortfalls: tuple[Shortfall, ...]) -> str:
    """The gravest code; empty where nothing falls short."""
    codes = {shortfall.code for shortfall in shortfalls}
    return next((code for code in GRAVITY if code in codes), "")
