"""Stopping work under way: what a node has not shipped is taken from it, what has left stays true."""

from __future__ import annotations

from collections.abc import Sequence

from django_fsm import can_proceed

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import atomic_unless_buffered
from apps.fulfillment import events, selectors
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.inventory.services import cut_reservation
from apps.orders.models import Order

SAVED = ["state", "request_state", "entered_state_at"]


@atomic_unless_buffered
def stop_row(row: FulfillmentOrder, order: Order, *, actor: Actor) -> None:
    """Stop one fulfillment order, locked and not shipped: cancelled, or where a parcel has left, done with that parcel."""
    fact: events.FulfillmentEvent
    lines = selectors.lines_of(row.pk)
    if can_proceed(row.partner_cancels):
        row.partner_cancels()
    if any(line.shipped_quantity for line in lines):
        _cut_to_shipped(lines, order, actor)
        row.ship()
        fact = events.FulfillmentRestCancelled()
    else:
        row.cancel()
        fact = events.FulfillmentCancelled()
    update_rows([row], SAVED)
    record(events.fulfillment_fact(row, order.public_id, fact), actor=actor)


def _cut_to_shipped(lines: Sequence[FulfillmentLine], order: Order, actor: Actor) -> None:
    """The claims keep what was shipped and is still to be issued; the rest is free."""
    for line in lines:
        units = line.quantity - line.shipped_quantity
        if not units:
            continue
        line.quantity = line.shipped_quantity
        line.picked_quantity = min(line.picked_quantity, line.quantity)
        if line.reservation_id is not None:
            free_claim(line.reservation_id, units, order, actor)
    update_rows(lines, ["quantity", "picked_quantity"])


def free_claim(reservation_id: int, units: int, order: Order, actor: Actor) -> None:
    cut_reservation(
        reservation_id, missing=units, lost=False, reference=order.public_id, reason="cancelled", actor=actor
    )


@atomic_unless_buffered
def call_off_rows(rows: Sequence[FulfillmentOrder], order: Order, *, actor: Actor) -> None:
    """These are with a partner, or may be on the way there: it is asked to stop by the step that follows. Twice is once."""
    fresh = [row for row in rows if not row.called_off]
    for row in fresh:
        row.called_off = True
    update_rows(fresh, ["called_off"])
    record(
        *[events.fulfillment_fact(row, order.public_id, events.FulfillmentCalledOff()) for row in fresh], actor=actor
    )
