"""Goods leave, and arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django_fsm import can_proceed

from apps.core.actor import Actor
from apps.core.batch import save_rows
from apps.core.gathering import gathered
from apps.core.outbox import record
from apps.core.retrying import joined
from apps.core.together import insert_together, take_ids
from apps.fulfillment import events, selectors
from apps.fulfillment.errors import FulfillmentNotAllowed, OrderOnHold, ShipmentNotFound, WrongContents
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder, Package, Shipment
from apps.fulfillment.services.transitions import allowed_transitions
from apps.fulfillment.states import FulfillmentState, ShipmentState


@dataclass(frozen=True, slots=True)
class Parcel:
    """One package to be shipped. ``contents``: units by fulfillment line pk; empty on the only parcel: all that is left."""

    tracking_number: str = ""
    tracking_url: str = ""
    weight_g: int = 0
    contents: Mapping[int, int] = field(default_factory=dict)


@joined
def ship_fulfillment_order(
    fulfillment_order_id: int,
    *,
    external_id: str,
    parcels: Sequence[Parcel],
    carrier: str = "",
    service: str = "",
    gone_already: bool = False,
    actor: Actor,
) -> Shipment:
    """Confirm that goods left. The same ``external_id`` again is the same shipment, however often it is told.

    ``gone_already``: a partner reports it after the fact, so a hold can't stop it any more.
    Raises FulfillmentNotAllowed, WrongContents, OrderOnHold. What was picked but not in the parcels stays to be shipped.
    """
    row = selectors.lock_fulfillment_order(fulfillment_order_id)
    lines, held = selectors.lines_and_hold(row)
    # Only once something has shipped can this be a repeat, and the lock says nobody ships meanwhile.
    if any(line.shipped_quantity for line in lines):
        told_before = Shipment.objects.filter(fulfillment_order=row, external_id=external_id).first()
        if told_before is not None:
            return told_before
    if not can_proceed(row.ship):
        raise FulfillmentNotAllowed(state=row.state, verb="shipped", allowed_transitions=allowed_transitions(row))
    if held and not gone_already:
        raise OrderOnHold()
    packed = pack_lines(lines, parcels)
    shipment = Shipment(fulfillment_order=row, external_id=external_id, carrier=carrier, service=service)
    shipment.pk = take_ids(Shipment, 1)[0]
    complete = all(line.shipped_quantity == line.quantity for line in lines)
    data = {"shipment": shipment.public_id, "complete": complete}
    with gathered():
        insert_together([shipment], packages_of(shipment, packed))
        save_rows(lines, ["shipped_quantity"])
        if complete:
            row.ship()
            save_rows([row], ["state", "entered_state_at"])
        record(events.fulfillment_fact(events.SHIPPED, row, row.order.public_id, data), actor=actor)
    return shipment


def packages_of(shipment: Shipment, packed: Sequence[tuple[Parcel, Mapping[int, int]]]) -> list[Package]:
    """The shipment's parcels, unsaved, with what is in each by fulfillment line."""
    return [
        Package(
            shipment=shipment,
            tracking_number=parcel.tracking_number,
            tracking_url=parcel.tracking_url,
            weight_g=parcel.weight_g,
            contents=[{"line": pk, "quantity": units} for pk, units in contents.items()],
        )
        for parcel, contents in packed
    ]


def pack_lines(lines: list[FulfillmentLine], parcels: Sequence[Parcel]) -> list[tuple[Parcel, dict[int, int]]]:
    """Check the parcels against what is left, and raise the lines' shipped quantities in memory. Raises WrongContents."""
    by_pk = {line.pk: line for line in lines}
    if len(parcels) == 1 and not parcels[0].contents:
        everything = {line.pk: line.quantity - line.shipped_quantity for line in lines}
        parcels = [Parcel(parcels[0].tracking_number, parcels[0].tracking_url, parcels[0].weight_g, everything)]
    packed = []
    for parcel in parcels:
        contents = {pk: units for pk, units in parcel.contents.items() if units}
        for pk, units in contents.items():
            line = by_pk.get(pk)
            if line is None or units < 0 or line.shipped_quantity + units > line.quantity:
                raise WrongContents()
            line.shipped_quantity += units
        packed.append((parcel, contents))
    if not any(contents for _, contents in packed):
        raise WrongContents()
    return packed


@transaction.atomic
def deliver_shipment(shipment_ref: str, *, actor: Actor) -> Shipment:
    """A shipment has arrived; its fulfillment order is delivered with its last one. Told twice is once."""
    shipment, row = _lock_shipment(shipment_ref)
    if shipment.state == ShipmentState.DELIVERED:
        return shipment
    if not can_proceed(shipment.deliver):
        raise FulfillmentNotAllowed(state=shipment.state, verb="delivered", allowed_transitions=[])
    shipment.deliver()
    shipment.save(update_fields=["state", "delivered_at"])
    others = Shipment.objects.filter(fulfillment_order=row).exclude(pk=shipment.pk)
    last = row.state == FulfillmentState.SHIPPED and not others.exclude(state=ShipmentState.DELIVERED).exists()
    if last:
        row.deliver()
        save_rows([row], ["state", "entered_state_at"])
    data = {"shipment": shipment.public_id, "complete": last}
    record(events.fulfillment_fact(events.DELIVERED, row, row.order.public_id, data), actor=actor)
    return shipment


@transaction.atomic
def fail_delivery(shipment_ref: str, *, reason: str, actor: Actor) -> Shipment:
    """The carrier gave up on a shipment; a person has to decide."""
    shipment, row = _lock_shipment(shipment_ref)
    if shipment.state == ShipmentState.FAILED:
        return shipment
    if not can_proceed(shipment.fail):
        raise FulfillmentNotAllowed(state=shipment.state, verb="given up", allowed_transitions=[])
    shipment.fail()
    shipment.save(update_fields=["state"])
    data = {"shipment": shipment.public_id, "reason": reason[:100]}
    record(events.fulfillment_fact(events.UNDELIVERABLE, row, row.order.public_id, data), actor=actor)
    return shipment


def _lock_shipment(shipment_ref: str) -> tuple[Shipment, FulfillmentOrder]:
    """The fulfillment order first, then the shipment: two deliveries of its last two parcels must not both say "not last"."""
    found = Shipment.objects.filter(public_id=shipment_ref).values_list("fulfillment_order_id", flat=True).first()
    if found is None:
        raise ShipmentNotFound(shipment=shipment_ref)
    row = selectors.lock_fulfillment_order(found)
    return Shipment.objects.get(public_id=shipment_ref), row
