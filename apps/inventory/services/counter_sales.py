"""Goods that crossed a counter: sold, or brought back. They are booked at the time they did, however late they are reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from apps.core import clock
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import atomic_unless_buffered
from apps.inventory import events, selectors
from apps.inventory.models import StockLevel
from apps.inventory.services.discrepancies import Doubt, doubt_levels
from apps.inventory.services.moving import Move, post
from apps.inventory.states import MovementKind

FOUND = "found by a sale at the till"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Units of a SKU over the counter of a node: sold, or with ``returned`` brought back; of those ``damaged`` none goes back on
    the shelf. ``reference``: the order's or the return's public id."""

    node_id: int
    sku_id: int
    units: int
    at: datetime
    reference: str
    returned: bool = False
    damaged: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BookingResult:
    """What became of it: by how much the level changed; a sentence, and a stable code, where that is not the units handed over."""

    changed: int
    note: str = ""
    code: str = ""


@atomic_unless_buffered
def hand_over(handed: Sequence[HandedOver], *, actor: Actor) -> list[BookingResult]:
    """Book what was handed over; answers stand in the order given.

    What took place before a level was last counted is in that count: it is written down and changes nothing. Where more was
    sold than is shown, the count was wrong: the difference is booked, and the level is in doubt until it is counted. Where that
    takes what is promised to orders, the newest claims lose their cover. A node without a level of the SKU keeps no stock of it.
    """
    _make_levels([one for one in handed if one.returned and not one.damaged])
    pairs = {(one.node_id, one.sku_id) for one in handed}
    found = StockLevel.objects.filter(node_id__in={node for node, _ in pairs}, sku_id__in={sku for _, sku in pairs})
    ids = {(row.node_id, row.sku_id): row.pk for row in found}
    levels = selectors.lock_levels(pk for pair, pk in ids.items() if pair in pairs)
    moves: list[Move] = []
    taken = [_take(one, levels.get(ids.get((one.node_id, one.sku_id), 0)), moves) for one in handed]
    _post(moves, levels, actor)
    return taken


def _make_levels(returned: Sequence[HandedOver]) -> None:
    pairs = sorted({(one.node_id, one.sku_id) for one in returned})
    rows = [StockLevel(node_id=node, sku_id=sku) for node, sku in pairs]
    StockLevel.objects.bulk_create(rows, ignore_conflicts=True)


def _take(one: HandedOver, level: StockLevel | None, moves: list[Move]) -> BookingResult:
    if level is None:
        return BookingResult(0, Text("no stock of it is kept there"), "no_stock_kept")
    kind = MovementKind.RETURN if one.returned else MovementKind.SALE
    # A till whose clock is ahead sold it no later than now.
    move = Move(level.pk, kind, reference=one.reference, reason=one.reason, at=min(one.at, clock.now()))
    if one.damaged:
        moves.append(move)
        return BookingResult(0)
    if level.figure_at is not None and one.at <= level.figure_at:
        counted = f"{level.figure_at:%Y-%m-%d %H:%M} UTC"
        moves.append(replace(move, reason=" · ".join(filter(None, [one.reason, f"in the count of {counted} already"]))))
        return BookingResult(0, Text("it is in the count of {moment} already", moment=counted), "counted_already")
    change = one.units if one.returned else -one.units
    moves.append(replace(move, on_hand=change))
    return BookingResult(change)


def _post(moves: Sequence[Move], levels: dict[int, StockLevel], actor: Actor) -> None:
    shown = {pk: level.on_hand for pk, level in levels.items()}
    after = dict(shown)
    for move in moves:
        after[move.level_id] += move.on_hand
    found = {pk: -units for pk, units in sorted(after.items()) if units < 0}
    corrections = [Move(pk, MovementKind.ADJUST, on_hand=units, reason=FOUND) for pk, units in found.items()]
    post([*corrections, *moves], levels, actor=actor)
    doubt_levels([Doubt(levels[pk], shown[pk], found=units) for pk, units in found.items()], actor=actor)
    freed = [level for pk, level in levels.items() if level.on_hand > shown[pk] and _is_freed(level)]
    record(*[events.level_fact(level, events.StockFreed()) for level in freed], actor=actor)


def _is_freed(level: StockLevel) -> bool:
    return level.available > 0 or level.reserved > 0
