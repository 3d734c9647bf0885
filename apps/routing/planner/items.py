"""Lines gathered into items: what differs for the search, and nothing else.

A wholesale order may have a thousand lines of a few dozen SKUs; lines of one SKU that the same nodes may serve are
one item, and its units are dealt back to the lines once the nodes are chosen.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from apps.core.text import Text
from apps.routing.planner.problem import Demand, LineDemand
from apps.routing.planner.results import Verdict

# Units an item can have from a node, on hand and to be backordered, and the verdict that goes with them.
Offer = tuple[int, int]
Judged = tuple[Verdict, Offer]
NOTHING: Offer = (0, 0)


@dataclass(frozen=True, slots=True)
class Item:
    """Interchangeable units. `key` is the SKU with its case folded; `value_minor` the goods' price a unit.

    Refusals that are the same at every node are made once, here, with the offer of nothing that goes with them.
    `restricted`: not every node may serve it.
    """

    key: str
    sku: str
    quantity: int
    tracked: bool
    weight_g: int
    value_minor: int
    pinned: str | None
    excluded: frozenset[str]
    lines: tuple[LineDemand, ...]
    restricted: bool
    not_stocked: Judged
    out_of_stock: Judged
    elsewhere: Judged
    refused: Judged


def gather_items(demand: Demand, by_value: bool) -> list[Item]:
    """The demand's items in a canonical order, whatever the order of the lines.

    `by_value` keeps lines of one SKU at different prices apart; it is needed only where a plan is judged by the
    worth of its parts. Lines of one SKU weigh the same; should they claim otherwise, the heaviest claim counts.
    """
    groups: dict[tuple[str, str, tuple[str, ...], int], list[LineDemand]] = defaultdict(list)
    weights: dict[str, int] = defaultdict(int)
    tracked: dict[str, bool] = defaultdict(bool)
    for line in sorted(demand.lines, key=lambda line: line.line_ref):
        key = line.sku.casefold()
        weights[key] = max(weights[key], line.unit_weight_g)
        tracked[key] = tracked[key] or line.tracked
        price = line.unit_price_minor if by_value else 0
        groups[key, line.pinned_node or "", tuple(sorted(set(line.excluded_nodes))), price].append(line)
    return [_item(lines, tracked[key[0]], weights[key[0]]) for key, lines in sorted(groups.items())]


def _item(lines: list[LineDemand], tracked: bool, weight_g: int) -> Item:
    first = lines[0]
    sku, wanted = first.sku, sum(line.quantity for line in lines)

    def refusal(code: str, reason: str) -> Judged:
        return Verdict("stock", False, code, reason, sku, 0, wanted), NOTHING

    return Item(
        key=sku.casefold(),
        sku=sku,
        quantity=wanted,
        tracked=tracked,
        weight_g=weight_g,
        value_minor=first.unit_price_minor,
        pinned=first.pinned_node,
        excluded=frozenset(first.excluded_nodes),
        lines=tuple(lines),
        restricted=bool(first.pinned_node or first.excluded_nodes),
        not_stocked=refusal("not_stocked", Text("doesn't stock {sku}", sku=sku)),
        out_of_stock=refusal("out_of_stock", Text("0 of {wanted} {sku} above safety stock", wanted=wanted, sku=sku)),
        elsewhere=refusal("pinned_elsewhere", Text("{sku} must come from {node}", sku=sku, node=first.pinned_node)),
        refused=refusal("refused", Text("refused {sku} before", sku=sku)),
    )


def pools_of(items: list[Item]) -> list[list[int]]:
    """Indexes of items that draw on one SKU's counted stock though different nodes may serve them."""
    by_sku: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        if item.tracked:
            by_sku[item.key].append(index)
    return [indexes for indexes in by_sku.values() if len(indexes) > 1]


def deal_to_lines(item: Item, parts: list[tuple[str, bool, int]]) -> list[tuple[str, bool, str, int]]:
    """Deal an item's parts (site, backordered, units) to its lines: (site, backordered, line_ref, units).

    Largest line first; a part of exactly the line's size before the largest part, so that few lines are torn apart.
    """
    left = {(site, late): units for site, late, units in parts}
    dealt: list[tuple[str, bool, str, int]] = []
    for line in sorted(item.lines, key=lambda line: (-line.quantity, line.line_ref)):
        need = line.quantity
        while need and left:
            pick = min(left, key=lambda part: (left[part] != need, part[1], -left[part], part))
            units = min(need, left[pick])
            dealt.append((pick[0], pick[1], line.line_ref, units))
            need -= units
            left[pick] -= units
            if not left[pick]:
                del left[pick]
    return dealt
