"""Giving claims up, and turning them into goods that left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import atomic_unless_buffered, service
from apps.inventory import events, selectors
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.services.discrepancies import Doubt, doubt_levels
from apps.inventory.services.issuing import post_shipped
from apps.inventory.services.moving import Move, post
from apps.inventory.states import MovementKind, ReservationState


@atomic_unless_buffered
def release_reservations(
    reservation_ids: Iterable[int], *, reason: str, references: Mapping[int, str], actor: Actor
) -> list[Reservation]:
    """Give these claims up; those already given up or shipped are left alone. ``references``: order pk → public id."""
    rows, levels = selectors.lock_live_reservations(reservation_ids)
    for row in rows:
        row.release()
    update_rows(rows, ["state", "expires_at"])
    moves = [
        Move(
            row.level_id,
            MovementKind.RELEASE,
            reserved=-row.quantity,
            reference=references.get(row.order_id, ""),
            reason=reason,
        )
        for row in rows
        if row.quantity and row.counted
    ]
    post(moves, levels, actor=actor)
    freed = {move.level_id for move in moves}
    record(*[events.level_fact(levels[pk], events.StockFreed()) for pk in sorted(freed)], actor=actor)
    return rows


def allocate_reservations(rows: Sequence[Reservation]) -> None:
    """Bind the claims to fulfillment orders; the caller holds the order's lock."""
    fresh = [row for row in rows if row.state == ReservationState.RESERVED]
    for row in fresh:
        row.allocate()
    update_rows(fresh, ["state", "expires_at"])


@atomic_unless_buffered
def consume_reservations(shipped: Mapping[int, int], *, references: Mapping[int, str], actor: Actor) -> None:
    """The goods left: on hand and reserved both fall. ``shipped``: units by reservation pk; the caller knows they are new."""
    rows, levels = selectors.lock_live_reservations(shipped)
    moves = []
    for row in rows:
        units = min(shipped[row.pk], row.quantity)
        row.quantity -= units
        row.shipped += units
        row.backordered = min(row.backordered, row.quantity)
        if row.quantity == 0:
            row.consume()
        if row.counted and units:
            reference = references.get(row.order_id, "")
            moves.append(Move(row.level_id, MovementKind.SHIP, on_hand=-units, reserved=-units, reference=reference))
    update_rows(rows, ["state", "quantity", "shipped", "backordered"])
    post_shipped(moves, levels, actor=actor)


@service
def cut_reservation(
    reservation_id: int, *, missing: int, lost: bool, reference: str, reason: str, actor: Actor
) -> None:
    """Take ``missing`` units off a live claim. ``lost``: they are not on the shelf either, so on hand falls with it."""
    rows, levels = selectors.lock_live_reservations([reservation_id])
    if not rows:
        return
    row = rows[0]
    cut = min(missing, row.quantity)
    # What has no stock leaves first, and can't be lost: it was never there, or a count took it off before.
    gone = cut - min(row.backordered, cut) if lost else 0
    row.quantity -= cut
    row.backordered = max(row.backordered - cut, 0)
    update_rows([row], ["quantity", "backordered"])
    if not row.counted:
        return
    kind = MovementKind.SHORT if gone else MovementKind.RELEASE
    move = Move(row.level_id, kind, on_hand=-gone, reserved=-cut, reference=reference, reason=reason)
    post([move], levels, actor=actor)
    if gone:
        _note_lost(levels[row.level_id], gone, actor)


def _note_lost(level: StockLevel, units: int, actor: Actor) -> None:
    record(events.level_fact(level, events.StockShort(missing=units)), actor=actor)
    # Who looked for them would have taken what else lies there and is promised to nobody.
    if level.on_hand > level.reserved:
        doubt_levels([Doubt(level, level.on_hand + units, missing=units)], actor=actor)
