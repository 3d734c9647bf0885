"""What happens inside a node: accept, pick, pick short, pack, reject, cancel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from django_fsm import can_proceed

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import service
from apps.fulfillment import events, selectors
from apps.fulfillment.errors import FulfillmentCalledOff, FulfillmentNotAllowed, OrderOnHold, WrongAbsence, WrongMissing
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services.stopping import stop_row
from apps.fulfillment.services.transitions import allowed_transitions
from apps.fulfillment.states import FulfillmentState as F
from apps.fulfillment.states import RejectReason
from apps.inventory.services import cut_reservation, write_off_claims
from apps.orders.selectors import held_order_ids


@service
def accept_fulfillment_order(fulfillment_order_id: int, *, actor: Actor) -> FulfillmentOrder:
    """The node says yes. Twice is once."""
    row = selectors.lock_fulfillment_order(fulfillment_order_id)
    if row.state in (F.ACCEPTED, F.PICKED, F.PACKED):
        return row
    _refuse_unless(row, row.accept, "accepted")
    row.accept()
    update_rows([row], ["state", "entered_state_at"])
    record(events.fulfillment_fact(row, row.order.public_id, events.FulfillmentAccepted()), actor=actor)
    return row


@service
def reject_fulfillment_order(
    fulfillment_order_id: int, *, reason: str, note: str = "", absent: Collection[int] = (), actor: Actor
) -> FulfillmentOrder:
    """The node says no; its claims are given up and its lines routed elsewhere by what follows the event.

    ``absent``: with ``no_stock``, the fulfillment lines (pk) whose goods are not there; none named: all of them. As with a
    short pick their units are off the shelf from now on, so that a count that comes next is the newer word.
    Raises WrongAbsence for any other line, or with any other reason.
    """
    row = selectors.lock_fulfillment_order(fulfillment_order_id)
    if row.state == F.REJECTED:
        return row
    _refuse_unless(row, row.reject, "rejected")
    lines = selectors.lines_of(row.pk)
    if any(line.shipped_quantity for line in lines):
        raise FulfillmentNotAllowed(state="partly shipped", verb="rejected", allowed_transitions=["ship"])
    if absent and (reason != RejectReason.NO_STOCK or not {line.pk for line in lines}.issuperset(absent)):
        raise WrongAbsence()
    row.reject(reason, note[:255])
    if can_proceed(row.partner_rejects):
        row.partner_rejects()
    update_rows([row], ["state", "request_state", "reject_reason", "reject_note", "entered_state_at"])
    if reason == RejectReason.NO_STOCK:
        _write_off(row, [line for line in lines if not absent or line.pk in absent], actor)
    codes = {str(pk): code for pk, code in selectors.sku_codes_of(absent).items()} if absent else None
    fact = events.FulfillmentRejected(reason=reason, absent=codes)
    record(events.fulfillment_fact(row, row.order.public_id, fact), actor=actor)
    return row


def _write_off(row: FulfillmentOrder, lines: list[FulfillmentLine], actor: Actor) -> None:
    claims = [line.reservation_id for line in lines if line.reservation_id is not None]
    write_off_claims(claims, reason="node has none", references={row.order_id: row.order.public_id}, actor=actor)


@service
def pick_fulfillment_order(
    fulfillment_order_id: int, *, missing: Mapping[int, int] | None = None, actor: Actor
) -> FulfillmentOrder:
    """Picked. ``missing``: units not found, by fulfillment line pk; those are cut off here and routed elsewhere.

    Raises FulfillmentNotAllowed, FulfillmentCalledOff, OrderOnHold, WrongMissing.
    """
    row = selectors.lock_fulfillment_order(fulfillment_order_id)
    if row.state == F.PICKED and not missing:
        return row
    _refuse_unless(row, row.pick, "picked")
    _refuse_stopped(row)
    lines = selectors.lines_of(row.pk)
    short = _cut(row, lines, missing or {}, actor)
    for line in lines:
        line.picked_quantity = line.quantity
    if all(line.quantity == 0 for line in lines):
        row.cancel()
    else:
        row.pick()
    update_rows(lines, ["quantity", "picked_quantity", "short_quantity"])
    update_rows([row], ["state", "entered_state_at"])
    fact = events.FulfillmentPicked() if row.state == F.PICKED else events.FulfillmentCancelled()
    facts = [events.fulfillment_fact(row, row.order.public_id, fact)]
    if short:
        facts.append(events.fulfillment_fact(row, row.order.public_id, events.FulfillmentShortPicked(missing=short)))
    record(*facts, actor=actor)
    return row


def _cut(
    row: FulfillmentOrder, lines: list[FulfillmentLine], missing: Mapping[int, int], actor: Actor
) -> dict[str, int]:
    by_pk = {line.pk: line for line in lines}
    short: dict[str, int] = {}
    for pk, units in missing.items():
        line = by_pk.get(pk)
        most = line.quantity - line.shipped_quantity if line else 0
        if line is None or units < 1 or units > most:
            raise WrongMissing(most=most, said=units)
        line.quantity -= units
        line.short_quantity += units
        short[str(line.order_line_id)] = short.get(str(line.order_line_id), 0) + units
        if line.reservation_id is not None:
            cut_reservation(
                line.reservation_id,
                missing=units,
                lost=True,
                reference=row.order.public_id,
                reason="short pick",
                actor=actor,
            )
    return short


@service
def pack_fulfillment_order(fulfillment_order_id: int, *, actor: Actor) -> FulfillmentOrder:
    """Packed and ready to leave. Twice is once."""
    row = selectors.lock_fulfillment_order(fulfillment_order_id)
    if row.state == F.PACKED:
        return row
    _refuse_unless(row, row.pack, "packed")
    _refuse_stopped(row)
    row.pack()
    update_rows([row], ["state", "entered_state_at"])
    record(events.fulfillment_fact(row, row.order.public_id, events.FulfillmentPacked()), actor=actor)
    return row


@service
def cancel_fulfillment_order(fulfillment_order_id: int, *, actor: Actor) -> FulfillmentOrder:
    """Stop an in-house fulfillment order, or one whose partner has agreed; a parcel that has left ends it as shipped.

    Raises FulfillmentNotAllowed once all has left.
    """
    row = selectors.lock_fulfillment_order(fulfillment_order_id)
    if row.state in (F.CANCELLED, F.REJECTED):
        return row
    _refuse_unless(row, row.cancel, "cancelled")
    stop_row(row, row.order, actor=actor)
    return row


def _refuse_unless(row: FulfillmentOrder, transition: Callable[..., None], verb: str) -> None:
    if not can_proceed(transition):
        raise FulfillmentNotAllowed(state=row.state, verb=verb, allowed_transitions=allowed_transitions(row))


def _refuse_stopped(row: FulfillmentOrder) -> None:
    if row.called_off:
        raise FulfillmentCalledOff()
    if held_order_ids([row.order_id]):
        raise OrderOnHold()
