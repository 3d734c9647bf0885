"""Callbacks of partners, taken as the truth about the goods. A repeat changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from django.db import transaction

from apps.core.actor import Actor
from apps.core.outbox import record
from apps.fulfillment import events
from apps.fulfillment.errors import ShipmentNotFound, WrongContents
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder, Shipment
from apps.fulfillment.selectors import lock_fulfillment_order
from apps.fulfillment.services import (
    Parcel,
    accept_fulfillment_order,
    cancel_fulfillment_order,
    deliver_shipment,
    fail_delivery,
    note_cancel_refused,
    note_submitted,
    record_stray_shipment,
    reject_fulfillment_order,
    ship_fulfillment_order,
)
from apps.fulfillment.states import FulfillmentState, RequestState
from apps.integrations import selectors
from apps.integrations.errors import AlreadyShipped
from apps.integrations.framework.base import (
    Callback,
    CalledOff,
    DeliveryFailed,
    GoodsArrived,
    GoodsLeft,
    ReportedParcel,
    TakenOn,
    TurnedDown,
    WillNotStop,
)
from apps.integrations.models import Partner
from apps.integrations.services.submitting import reject_reason
from apps.orders.models import Order
from apps.orders.selectors import lock_order
from apps.orders.states import OrderState

log = structlog.get_logger(__name__)
_OFF = (FulfillmentState.CANCELLED, FulfillmentState.REJECTED)
_CANCELLING = (RequestState.CANCEL_REQUESTED, RequestState.CANCEL_REJECTED)


@transaction.atomic
def handle_callback(partner: Partner, callback: Callback) -> FulfillmentOrder:
    """Act on one verified callback; returns the fulfillment order as it stands then.

    Raises FulfillmentOrderNotFound (also where it is another partner's), ShipmentNotFound, FulfillmentNotAllowed,
    WrongContents, AlreadyShipped.
    """
    order_id, pk = selectors.of_partner(partner, callback.fulfillment_order)
    # The order first: whether it was called off decides what the report means, and must not change meanwhile.
    order = lock_order(order_id)
    row = lock_fulfillment_order(pk)
    _HEARD[type(callback)](order, row, callback, Actor("partner", partner.code))
    return FulfillmentOrder.objects.get(pk=pk)


def _taken_on(order: Order, row: FulfillmentOrder, callback: TakenOn, actor: Actor) -> None:
    note_submitted(row.pk, reference=callback.reference, accepted=True, actor=actor)


def _turned_down(order: Order, row: FulfillmentOrder, callback: TurnedDown, actor: Actor) -> None:
    if row.called_off or row.request_state in _CANCELLING:
        # We wanted it back anyway.
        cancel_fulfillment_order(row.pk, actor=actor)
    elif row.state not in _OFF:
        reject_fulfillment_order(row.pk, reason=reject_reason(callback.reason), note=callback.reason, actor=actor)


def _called_off(order: Order, row: FulfillmentOrder, callback: CalledOff, actor: Actor) -> None:
    if row.called_off or order.state == OrderState.CANCELLED:
        cancel_fulfillment_order(row.pk, actor=actor)
    elif row.state not in _OFF:
        # Nobody asked for that: the goods are still wanted, from somewhere else.
        reject_fulfillment_order(row.pk, reason="other", note="cancelled_by_partner", actor=actor)


def _will_not_stop(order: Order, row: FulfillmentOrder, callback: WillNotStop, actor: Actor) -> None:
    note_cancel_refused(row.pk, reason=callback.reason, actor=actor)


def _goods_left(order: Order, row: FulfillmentOrder, callback: GoodsLeft, actor: Actor) -> None:
    if Shipment.objects.filter(fulfillment_order=row, external_id=callback.shipment).exists():
        return
    lines = _lines(row)
    parcels = _parcels(lines, callback)
    if row.state in _OFF:
        record_stray_shipment(
            row.pk,
            external_id=callback.shipment,
            parcels=parcels,
            carrier=callback.carrier,
            service=callback.service,
            actor=actor,
        )
        return
    # Callbacks arrive out of order: what has left was accepted before, whether or not we were notified.
    note_submitted(row.pk, reference=callback.reference, accepted=True, actor=actor)
    if lock_fulfillment_order(row.pk).state == FulfillmentState.OPEN:
        accept_fulfillment_order(row.pk, actor=actor)
    ship_fulfillment_order(
        row.pk,
        external_id=callback.shipment,
        parcels=parcels,
        carrier=callback.carrier,
        service=callback.service,
        gone_already=True,
        actor=actor,
    )
    if row.called_off or order.state == OrderState.CANCELLED:
        _came_too_late(order, row, actor)


def _came_too_late(order: Order, row: FulfillmentOrder, actor: Actor) -> None:
    """The order was called off before the goods left: a person has to intercept them or agree on a return."""
    if lock_fulfillment_order(row.pk).request_state == RequestState.CANCEL_REQUESTED:
        note_cancel_refused(row.pk, reason="already_shipped", actor=actor)
    else:
        record(
            events.fulfillment_fact(row, order.public_id, events.FulfillmentLeftAnyway(state=row.state)), actor=actor
        )


def _lines(row: FulfillmentOrder) -> list[FulfillmentLine]:
    return list(FulfillmentLine.objects.filter(fulfillment_order=row).select_related("order_line").order_by("pk"))


def _parcels(lines: Sequence[FulfillmentLine], callback: GoodsLeft) -> list[Parcel]:
    """Parcels by our own lines. Raises WrongContents, and AlreadyShipped where nothing of them is left to ship."""
    left = {line.pk: line.quantity - line.shipped_quantity for line in lines}
    if not any(left.values()):
        _refuse_second(lines, callback)
    return [_parcel(parcel, lines, left, callback) for parcel in callback.parcels]


def _parcel(
    callback: ReportedParcel, lines: Sequence[FulfillmentLine], left: dict[int, int], about: GoodsLeft
) -> Parcel:
    contents: dict[int, int] = {}
    for line_id, units in callback.lines:
        for pk, taken in _take(lines, line_id, units, left, about).items():
            contents[pk] = contents.get(pk, 0) + taken
    return Parcel(callback.tracking_number, callback.tracking_url, callback.weight_g, contents)


def _take(
    lines: Sequence[FulfillmentLine], line_id: str, units: int, left: dict[int, int], about: GoodsLeft
) -> dict[int, int]:
    """``units`` of one order line, from the claims behind it in turn; ``left`` falls with them."""
    ours = [line for line in lines if line.order_line.line_id == line_id]
    if not ours:
        raise WrongContents()
    taken: dict[int, int] = {}
    for line in ours:
        taken[line.pk] = min(units, left[line.pk])
        left[line.pk] -= taken[line.pk]
        units -= taken[line.pk]
    if units and not any(taken.values()):
        _refuse_second(ours, about)
    if units:
        raise WrongContents()
    return taken


def _refuse_second(lines: Sequence[FulfillmentLine], callback: GoodsLeft) -> None:
    shipments = Shipment.objects.filter(fulfillment_order_id=lines[0].fulfillment_order_id) if lines else []
    known = ", ".join(shipment.external_id for shipment in shipments)
    log.warning("second_shipment_refused", fulfillment_order=callback.fulfillment_order, shipment=callback.shipment)
    raise AlreadyShipped(shipments=known or "none", shipment=callback.shipment)


def _goods_arrived(order: Order, row: FulfillmentOrder, callback: GoodsArrived, actor: Actor) -> None:
    deliver_shipment(_shipment_ref(row, callback.shipment), actor=actor)


def _delivery_failed(order: Order, row: FulfillmentOrder, callback: DeliveryFailed, actor: Actor) -> None:
    fail_delivery(_shipment_ref(row, callback.shipment), reason=callback.reason.replace("_", " "), actor=actor)


def _shipment_ref(row: FulfillmentOrder, external_id: str) -> str:
    found = Shipment.objects.filter(fulfillment_order=row, external_id=external_id).values_list("public_id").first()
    if found is None:
        raise ShipmentNotFound(shipment=external_id)
    return str(found[0])


_HEARD: dict[type[Any], Callable[[Order, FulfillmentOrder, Any, Actor], None]] = {
    TakenOn: _taken_on,
    TurnedDown: _turned_down,
    CalledOff: _called_off,
    WillNotStop: _will_not_stop,
    GoodsLeft: _goods_left,
    GoodsArrived: _goods_arrived,
    DeliveryFailed: _delivery_failed,
}
