"""Giving claims up, and turning them into goods that left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import atomic_unless_buffered, service
from apps.inventory import events, selectors
from apps.inventory.models import Reservation
from apps.inventory.services.doubting import doubt_levels
from apps.inventory.services.moving import Move, post
from apps.inventory.states import MovementKind, ReservationState


@atomic_unless_buffered
def release_reservations(
    reservation_ids: Iterable[int], *, reason: str, references: Mapping[int, str], actor: Actor
) -> list[Reservation]:
    """Give these claims up; those already given up or shipped are left alone. ``references``: order pk → public id."""
    rows = selectors.lock_live_reservations(reservation_ids)
    for row in rows:
        row.release()
    update_rows(rows, ["state", "expires_at"])
    levels = selectors.lock_levels(row.level_id for row in rows)
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
    rows = selectors.lock_live_reservations(shipped)
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
    post(moves, selectors.lock_levels(move.level_id for move in moves), actor=actor)


@service
def cut_reservation(
    reservation_id: int, *, missing: int, lost: bool, reference: str, reason: str, actor: Actor
) -> None:
    """Take ``missing`` units off a live claim. ``lost``: they are not on the shelf either, so on hand falls with it."""
    rows = selectors.lock_live_reservations([reservation_id])
    if not rows:
        return
    row = rows[0]
    cut = min(missing, row.quantity)
    row.quantity -= cut
    # What never was there leaves first; what was looked for on the shelf and is not there was no backorder.
    row.backordered = min(row.backordered, row.quantity) if lost else max(row.backordered - cut, 0)
    update_rows([row], ["quantity", "backordered"])
    if not row.counted:
        return
    levels = selectors.lock_levels([row.level_id])
    kind = MovementKind.SHORT if lost else MovementKind.RELEASE
    move = Move(row.level_id, kind, on_hand=-cut if lost else 0, reserved=-cut, reference=reference, reason=reason)
    post([move], levels, actor=actor)
    if lost:
        level = levels[row.level_id]
        record(events.level_fact(level, events.StockShort(missing=cut)), actor=actor)
        # Who looked for them would have taken what else lies there and is promised to nobody.
        doubt_levels({level.pk: cut} if level.on_hand > level.reserved else {}, levels, actor=actor)
