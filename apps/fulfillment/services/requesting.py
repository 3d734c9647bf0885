"""The partner's side of a fulfillment order: submitted, acknowledged, lost sight of, asked to stop."""

from __future__ import annotations

from django_fsm import can_proceed

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import service
from apps.fulfillment import events, selectors
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.states import RequestState as Q

_FIELDS = ["state", "request_state", "partner_reference", "submitted_at", "entered_state_at"]


@service
def note_submitted(fulfillment_order_id: int, *, reference: str, accepted: bool, actor: Actor) -> FulfillmentOrder:
    """The partner has it, under ``reference``; ``accepted``: and said yes at once. Late or repeated reports change nothing."""
    row = selectors.lock_fulfillment_order(fulfillment_order_id)
    facts = []
    if can_proceed(row.submit):
        row.submit(reference)
        facts.append(
            events.fulfillment_fact(row, row.order.public_id, events.FulfillmentSubmitted(reference=reference))
        )
    if accepted and can_proceed(row.partner_accepts):
        row.partner_accepts()
        if can_proceed(row.accept):
            row.accept()
            facts.append(events.fulfillment_fact(row, row.order.public_id, events.FulfillmentAccepted()))
    if facts:
        update_rows([row], _FIELDS)
    record(*facts, actor=actor)
    return row


@service
def note_outcome_unknown(fulfillment_order_id: int, *, actor: Actor) -> FulfillmentOrder:
    """We asked, and can't find out whether the partner received it. Nothing is sent again; a person decides."""
    row = selectors.lock_fulfillment_order(fulfillment_order_id)
    if can_proceed(row.lose_sight):
        row.lose_sight()
        update_rows([row], _FIELDS)
        record(events.fulfillment_fact(row, row.order.public_id, events.FulfillmentOutcomeUnknown()), actor=actor)
    return row


@service
def note_cancel_requested(fulfillment_order_id: int, *, actor: Actor) -> FulfillmentOrder:
    """We asked the partner to stop."""
    row = selectors.lock_fulfillment_order(fulfillment_order_id)
    if can_proceed(row.ask_cancel):
        row.ask_cancel()
        update_rows([row], _FIELDS)
        record(events.fulfillment_fact(row, row.order.public_id, events.FulfillmentCancelRequested()), actor=actor)
    return row


@service
def note_cancel_refused(fulfillment_order_id: int, *, reason: str, actor: Actor) -> FulfillmentOrder:
    """The partner would not stop: it is leaving, or has left."""
    row = selectors.lock_fulfillment_order(fulfillment_order_id)
    if row.request_state == Q.CANCEL_REQUESTED:
        row.partner_refuses_cancel()
        update_rows([row], _FIELDS)
        fact = events.FulfillmentCancelRefused(reason=reason[:100])
        record(events.fulfillment_fact(row, row.order.public_id, fact), actor=actor)
    return row
