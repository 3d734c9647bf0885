"""Stock that a node says is not there: written off, and its level not relied on until somebody counts it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
    rows = selectors.lock_live_reservations(reservation_ids)
    for row in rows:
        row.release()
    update_rows(rows, ["state", "expires_at"])
    levels = selectors.lock_levels(row.level_id for row in rows)
    left = {pk: max(level.on_hand, 0) for pk, level in levels.items()}
    lost: dict[int, int] = {}
    moves = []
    for row in (row for row in rows if row.counted and row.quantity):
        # No further than nothing: what a count took off before can't be lost again.
        units = min(row.quantity - row.backordered, left[row.level_id])
        left[row.level_id] -= units
        if units:
            lost[row.level_id] = lost.get(row.level_id, 0) + units
        moves.append(_move(row, units, references.get(row.order_id, ""), reason))
    post(moves, levels, actor=actor)
    doubt_levels(lost, levels, actor=actor)
    record(
        *[events.level_fact(levels[pk], events.StockShort(missing=units)) for pk, units in lost.items()], actor=actor
    )


def _move(row: Reservation, lost: int, reference: str, reason: str) -> Move:
    kind = MovementKind.SHORT if lost else MovementKind.RELEASE
    return Move(row.level_id, kind, on_hand=-lost, reserved=-row.quantity, reference=reference, reason=reason)


def doubt_levels(missing: Mapping[int, int], levels: Mapping[int, StockLevel], *, actor: Actor) -> None:
    """Rely on none of these levels until they are counted.

    ``missing``: units not found and written off already, by level pk; ``levels``: locked.
    """
    doubted = [levels[pk] for pk in sorted(missing)]
    for level in (row for row in doubted if row.doubted_at is None):
        level.doubted_at, level.doubted_on_hand = clock.now(), level.on_hand + missing[level.pk]
    update_rows(doubted, ["doubted_at", "doubted_on_hand"])
    record(*[events.level_fact(row, events.StockDoubted(missing=missing[row.pk])) for row in doubted], actor=actor)
