"""The one place where counters and ledger are written, together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_groups
from apps.core.bulk.fast_rows import make_row
from apps.inventory.models import StockLevel, StockMovement


@dataclass(frozen=True, slots=True)
class Move:
    """One ledger line about to be written. Deltas in whole units; ``reference`` a public id, usually the order's."""

    level_id: int
    kind: str
    on_hand: int = 0
    reserved: int = 0
    reference: str = ""
    reason: str = ""


_ADD_DELTAS = """
UPDATE inventory_stocklevel t
   SET on_hand = t.on_hand + v.on_hand, reserved = t.reserved + v.reserved, version = t.version + 1
  FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS v(id, on_hand, reserved)
 WHERE t.id = v.id
"""


def post(moves: Sequence[Move], levels: dict[int, StockLevel], *, actor: Actor) -> None:
    """Write the moves and add them to their levels, which the caller has locked; ``levels`` is brought up to date."""
    if not moves:
        return
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
            moved_at=moment,
        )
        for move in moves
    ]
    insert_groups(movements)
    _add(_summed(moves), levels)


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
