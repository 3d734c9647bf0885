"""The one place where counters and ledger are written, together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_groups
from apps.core.bulk.fast_rows import make_row
from apps.core.outbox import Fact, record
from apps.inventory import events
from apps.inventory.models import StockLevel, StockMovement
from apps.inventory.services.backorders import uncover_claims


@dataclass(frozen=True, slots=True)
class Move:
    """One ledger line about to be written. Deltas in whole units; ``reference`` a public id, usually the order's. ``at``: when
    it happened, where that was before now."""

    level_id: int
    kind: str
    on_hand: int = 0
    reserved: int = 0
    reference: str = ""
    reason: str = ""
    at: datetime | None = None


_ADD_DELTAS = """
UPDATE inventory_stocklevel t
   SET on_hand = t.on_hand + v.on_hand, reserved = t.reserved + v.reserved, version = t.version + 1
  FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS v(id, on_hand, reserved)
 WHERE t.id = v.id
"""


def post(moves: Sequence[Move], levels: dict[int, StockLevel], *, actor: Actor) -> set[int]:
    """Write the moves and add them to their levels, which the caller has locked; ``levels`` is brought up to date.

    Where a level falls below what it covers, the newest claims lose their cover. Returns the levels that are oversold by it.
    """
    if not moves:
        return set()
    moment, who = clock.now(), str(actor)
    movements = [
        make_row(
            StockMovement,
            level_id=move.level_id,
            kind=move.kind,
            on_hand_delta=move.on_hand,
            reserved_delta=move.reserved,
            reference=move.reference,
            reason=move.reason[:200],
            actor=who,
            moved_at=move.at or moment,
            booked_at=moment if move.at else None,
        )
        for move in moves
    ]
    insert_groups(movements)
    sums = _summed(moves)
    _add(sums, levels)
    return _uncover([levels[pk] for pk, (on_hand, _) in sorted(sums.items()) if on_hand < 0], actor)


def _uncover(fallen: Sequence[StockLevel], actor: Actor) -> set[int]:
    lost = uncover_claims(fallen)
    oversold = [level for level in fallen if level.pk in lost and not level.backorderable]
    record(*[oversold_fact(level) for level in oversold], actor=actor)
    return {level.pk for level in oversold}


def oversold_fact(level: StockLevel) -> Fact:
    """More is promised of the level than it has."""
    return events.level_fact(level, events.StockOversold(short=level.reserved - level.on_hand))


def _summed(moves: Iterable[Move]) -> dict[int, tuple[int, int]]:
    sums: dict[int, tuple[int, int]] = {}
    for move in moves:
        on_hand, reserved = sums.get(move.level_id, (0, 0))
        sums[move.level_id] = (on_hand + move.on_hand, reserved + move.reserved)
    return sums


def _add(sums: dict[int, tuple[int, int]], levels: dict[int, StockLevel]) -> None:
    ordered = sorted(sums)
    with connection.cursor() as cursor:
        cursor.execute(_ADD_DELTAS, [ordered, [sums[pk][0] for pk in ordered], [sums[pk][1] for pk in ordered]])
    for pk in ordered:
        level = levels[pk]
        level.on_hand += sums[pk][0]
        level.reserved += sums[pk][1]
        level.version += 1
