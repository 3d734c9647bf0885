"""Shipments arrive, or don't."""

from __future__ import annotations

from django_fsm import can_proceed

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import service
from apps.fulfillment import events, selectors
from apps.fulfillment.errors import ShipmentNotAllowed, ShipmentNotFound
from apps.fulfillment.models import FulfillmentOrder, Shipment
from apps.fulfillment.states import FulfillmentState, ShipmentState


@service
def deliver_shipment(shipment_ref: str, *, actor: Actor) -> Shipment:
    """A shipment has arrived; its fulfillment order is delivered with its last one. A repeat changes nothing."""
    shipment, row = _lock_shipment(shipment_ref)
    if shipment.state == ShipmentState.DELIVERED:
        return shipment
    if not can_proceed(shipment.deliver):
        raise ShipmentNotAllowed(state=shipment.state, verb="delivered", allowed_transitions=[])
    shipment.deliver()
    shipment.save(update_fields=["state", "delivered_at"])
    others = Shipment.objects.filter(fulfillment_order=row).exclude(pk=shipment.pk)
    last = row.state == FulfillmentState.SHIPPED and not others.exclude(state=ShipmentState.DELIVERED).exists()
    if last:
        row.deliver()
        update_rows([row], ["state", "entered_state_at"])
    fact = events.FulfillmentDelivered(shipment=shipment.public_id, complete=last)
    record(events.fulfillment_fact(row, row.order.public_id, fact), actor=actor)
    return shipment


@service
def fail_delivery(shipment_ref: str, *, reason: str, actor: Actor) -> Shipment:
    """The carrier gave up on a shipment; a person has to decide."""
    shipment, row = _lock_shipment(shipment_ref)
    if shipment.state == ShipmentState.FAILED:
        return shipment
    if not can_proceed(shipment.fail):
        raise ShipmentNotAllowed(state=shipment.state, verb="given up", allowed_transitions=[])
    shipment.fail()
    shipment.save(update_fields=["state"])
    fact = events.FulfillmentUndeliverable(shipment=shipment.public_id, reason=reason[:100])
    record(events.fulfillment_fact(row, row.order.public_id, fact), actor=actor)
    return shipment


def _lock_shipment(shipment_ref: str) -> tuple[Shipment, FulfillmentOrder]:
    """The fulfillment order first, then the shipment: two deliveries of its last two parcels must not both say "not last"."""
    found = Shipment.objects.filter(public_id=shipment_ref).values_list("fulfillment_order_id", flat=True).first()
    if found is None:
        raise ShipmentNotFound(shipment=shipment_ref)
    row = selectors.lock_fulfillment_order(found)
    return Shipment.objects.get(public_id=shipment_ref), row
