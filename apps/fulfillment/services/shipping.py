"""Goods leave: one fulfillment order's, or a whole wave of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django_fsm import can_proceed

from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_groups, take_ids
from apps.core.bulk.bulk_update import update_rows
from apps.core.bulk.write_buffer import buffered_writes
from apps.core.errors import DomainError
from apps.core.outbox import Fact, record
from apps.core.transactions import atomic_unless_buffered
from apps.fulfillment import events, selectors
from apps.fulfillment.errors import (
    FulfillmentCalledOff,
    FulfillmentNotAllowed,
    FulfillmentOrderNotFound,
    OrderOnHold,
)
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder, Package, Shipment
from apps.fulfillment.services.parcels import Parcel, pack_lines, packages_of, with_new_parcels
from apps.fulfillment.services.transitions import allowed_transitions
from apps.orders.selectors import held_order_ids


@dataclass(frozen=True, slots=True)
class Departure:
    """What a node says has left. The same ``external_id`` again is the same shipment, however often it is reported."""

    fulfillment_order_id: int
    external_id: str
    parcels: Sequence[Parcel]
    carrier: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class _Gone:
    """A departure that is true in memory and not yet written."""

    row: FulfillmentOrder
    lines: Sequence[FulfillmentLine]
    shipment: Shipment
    packages: Sequence[Package]
    complete: bool

    @property
    def fact(self) -> Fact:
        shipped = events.FulfillmentShipped(shipment=self.shipment.public_id, complete=self.complete)
        return events.fulfillment_fact(self.row, self.row.order.public_id, shipped)


@atomic_unless_buffered
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
    """Confirm that goods left. The same ``external_id`` again is the same shipment, however often it is reported.

    ``gone_already``: a partner reports it after the fact, so a hold can't stop it any more.
    What was picked but not in the parcels stays to be shipped. Raises FulfillmentNotAllowed, FulfillmentCalledOff, WrongContents,
    OrderOnHold, ShipmentDiffers.
    """
    row = selectors.lock_fulfillment_order(fulfillment_order_id)
    lines, held = selectors.lines_and_hold(row)
    # Only once something has shipped can this be a repeat, and the lock says nobody ships meanwhile.
    if any(line.shipped_quantity for line in lines):
        known = Shipment.objects.filter(fulfillment_order=row, external_id=external_id).first()
        if known is not None:
            # A partner that repeats itself can't be asked what it meant.
            return known if gone_already else with_new_parcels(known, known.packages.all(), parcels, carrier)
    departure = Departure(fulfillment_order_id, external_id, parcels, carrier, service)
    if not gone_already:
        _refuse_stopped(row, held=held)
    gone = _go(row, lines, departure)
    _write([gone], actor)
    return gone.shipment


@atomic_unless_buffered
def ship_in_bulk(departures: Sequence[Departure], *, actor: Actor) -> list[Shipment | DomainError]:
    """Confirm a wave: each departure as ``ship_fulfillment_order`` would.

    Answers in the order given; a refused one is its refusal and the others go through. One lock, one write for all.
    """
    wave = _Wave([departure.fulfillment_order_id for departure in departures])
    results = [wave.ship(departure) for departure in departures]
    _write(wave.gone, actor)
    return results


class _Wave:
    """The fulfillment orders of a wave, locked, and what has left of them so far."""

    def __init__(self, fulfillment_order_ids: Sequence[int]) -> None:
        self._rows = selectors.lock_fulfillment_orders(fulfillment_order_ids)
        self._lines = selectors.lines_by_fulfillment_order(self._rows)
        self._held = held_order_ids([row.order_id for row in self._rows.values()])
        begun = [pk for pk, lines in self._lines.items() if any(line.shipped_quantity for line in lines)]
        before = Shipment.objects.filter(fulfillment_order__in=begun).prefetch_related("packages") if begun else []
        self._known: dict[tuple[int, str], tuple[Shipment, Iterable[Package]]] = {
            (row.fulfillment_order_id, row.external_id): (row, row.packages.all()) for row in before
        }
        self.gone: list[_Gone] = []

    def ship(self, departure: Departure) -> Shipment | DomainError:
        known_as = (departure.fulfillment_order_id, departure.external_id)
        try:
            if known_as in self._known:
                return with_new_parcels(*self._known[known_as], departure.parcels, departure.carrier)
            gone = self._go(departure)
        except DomainError as refusal:
            return refusal
        self.gone.append(gone)
        self._known[known_as] = (gone.shipment, gone.packages)
        return gone.shipment

    def _go(self, departure: Departure) -> _Gone:
        pk = departure.fulfillment_order_id
        row = self._rows.get(pk)
        if row is None:
            raise FulfillmentOrderNotFound(fulfillment_order=pk)
        _refuse_stopped(row, held=row.order_id in self._held)
        return _go(row, self._lines[pk], departure)


def _refuse_stopped(row: FulfillmentOrder, *, held: bool) -> None:
    """What is not to leave; reported after the fact, it has left all the same."""
    if not can_proceed(row.ship):
        raise FulfillmentNotAllowed(state=row.state, verb="shipped", allowed_transitions=allowed_transitions(row))
    if row.called_off:
        raise FulfillmentCalledOff()
    if held:
        raise OrderOnHold()


def _go(row: FulfillmentOrder, lines: Sequence[FulfillmentLine], departure: Departure) -> _Gone:
    if not can_proceed(row.ship):
        raise FulfillmentNotAllowed(state=row.state, verb="shipped", allowed_transitions=allowed_transitions(row))
    packed = pack_lines(lines, departure.parcels)
    shipment = Shipment(
        fulfillment_order=row,
        external_id=departure.external_id,
        carrier=departure.carrier,
        service=departure.service,
    )
    shipment.pk = take_ids(Shipment, 1)[0]
    complete = all(line.shipped_quantity == line.quantity for line in lines)
    if complete:
        row.ship()
    return _Gone(row, lines, shipment, packages_of(shipment, packed), complete)


def _write(gone: Sequence[_Gone], actor: Actor) -> None:
    """Two departures of one fulfillment order share its lines, which are written once, as they stand after both."""
    lines = {line.pk: line for one in gone for line in one.lines}
    with buffered_writes():
        insert_groups([one.shipment for one in gone], [package for one in gone for package in one.packages])
        update_rows(list(lines.values()), ["shipped_quantity"])
        update_rows([one.row for one in gone if one.complete], ["state", "entered_state_at"])
        record(*(one.fact for one in gone), actor=actor)
