"""Goods that left although nobody wanted them to any more."""

from __future__ import annotations

from collections.abc import Sequence

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import service
from apps.fulfillment import events, selectors
from apps.fulfillment.errors import FulfillmentNotAllowed
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder, Package, Shipment
from apps.fulfillment.services.parcels import Parcel, pack_lines, packages_of
from apps.fulfillment.services.transitions import allowed_transitions
from apps.fulfillment.states import FulfillmentState
from apps.inventory.models import Reservation
from apps.inventory.selectors import lock_levels
from apps.inventory.services import Move, post_shipped
from apps.inventory.states import MovementKind


@service
def record_stray_shipment(
    fulfillment_order_id: int,
    *,
    external_id: str,
    parcels: Sequence[Parcel],
    carrier: str = "",
    service: str = "",
    actor: Actor,
) -> Shipment:
    """A partner shipped a cancelled or rejected fulfillment order. It stays off; the parcel and the stock become true.

    The same ``external_id`` again is the same shipment. Raises FulfillmentNotAllowed where the fulfillment order is not
    off, WrongContents.
    """
    row = selectors.lock_fulfillment_order(fulfillment_order_id)
    known = Shipment.objects.filter(fulfillment_order=row, external_id=external_id).first()
    if known is not None:
        return known
    if row.state not in (FulfillmentState.CANCELLED, FulfillmentState.REJECTED):
        raise FulfillmentNotAllowed(state=row.state, verb="astray", allowed_transitions=allowed_transitions(row))
    lines = selectors.lines_of(row.pk)
    before = {line.pk: line.shipped_quantity for line in lines}
    packed = pack_lines(lines, parcels)
    # Its claims were given up with it, so there is nothing to consume later: the goods are issued here and now.
    shipment = Shipment.objects.create(
        fulfillment_order=row, external_id=external_id, carrier=carrier, service=service, goods_issued=True
    )
    Package.objects.bulk_create(packages_of(shipment, packed))
    update_rows(lines, ["shipped_quantity"])
    _issue(row, {line: line.shipped_quantity - before[line.pk] for line in lines}, actor)
    fact = events.FulfillmentLeftAnyway(shipment=shipment.public_id, state=row.state)
    record(events.fulfillment_fact(row, row.order.public_id, fact), actor=actor)
    return shipment


def _issue(row: FulfillmentOrder, left: dict[FulfillmentLine, int], actor: Actor) -> None:
    claims = Reservation.objects.in_bulk(
        [line.reservation_id for line, units in left.items() if units and line.reservation_id is not None]
    )
    moves = [
        Move(
            claims[line.reservation_id].level_id,
            MovementKind.SHIP,
            on_hand=-units,
            reference=row.order.public_id,
            reason=f"shipped although {row.state}",
        )
        for line, units in left.items()
        if line.reservation_id in claims and claims[line.reservation_id].counted
    ]
    post_shipped(moves, lock_levels(move.level_id for move in moves), actor=actor)
