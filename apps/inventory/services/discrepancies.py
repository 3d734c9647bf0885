"""Levels found to be wrong: what is not there is written off, and none is relied on until somebody counts it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import atomic_unless_buffered
from apps.inventory import events, selectors
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.services.moving import Move, post
from apps.inventory.states import MovementKind


@atomic_unless_buffered
def write_off_claims(
    reservation_ids: Iterable[int], *, reason: str, references: Mapping[int, str], actor: Actor
) -> None:
    """The node does not have what these claims count on: they are given up, their units are off the shelf, and their levels
    are in doubt. What was backordered never was there and is only given up. ``references``: order pk → public id.
    """
    rows, levels = selectors.lock_live_reservations(reservation_ids)
    for row in rows:
        row.release()
    update_rows(rows, ["state", "expires_at"])
    lost: dict[int, int] = {}
    moves = []
    for row in (row for row in rows if row.counted and row.quantity):
        # What a count took off before is a backorder by now and can't be lost again.
        units = row.quantity - row.backordered
        if units:
            lost[row.level_id] = lost.get(row.level_id, 0) + units
        moves.append(_move(row, units, references.get(row.order_id, ""), reason))
    post(moves, levels, actor=actor)
    doubts = [Doubt(levels[pk], levels[pk].on_hand + units, missing=units) for pk, units in sorted(lost.items())]
    doubt_levels(doubts, actor=actor)
    record(
        *[events.level_fact(levels[pk], events.StockShort(missing=units)) for pk, units in lost.items()], actor=actor
    )


def _move(row: Reservation, lost: int, reference: str, reason: str) -> Move:
    kind = MovementKind.SHORT if lost else MovementKind.RELEASE
    return Move(row.level_id, kind, on_hand=-lost, reserved=-row.quantity, reference=reference, reason=reason)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a level, locked, is in doubt, and what it showed when that came out.

    ``missing``: units not found, written off already. ``found``: units that left beyond what was counted, booked already.
    """

    level: StockLevel
    shown: int
    missing: int = 0
    found: int = 0


def doubt_levels(doubts: Sequence[Doubt], *, actor: Actor) -> None:
    """Rely on none of these levels until they are counted."""
    for doubt in (one for one in doubts if one.level.doubted_at is None):
        doubt.level.doubted_at, doubt.level.doubted_on_hand = clock.now(), doubt.shown
    update_rows([doubt.level for doubt in doubts], ["doubted_at", "doubted_on_hand"])
    facts = [events.level_fact(one.level, events.StockDoubted(missing=one.missing, found=one.found)) for one in doubts]
    record(*facts, actor=actor)
