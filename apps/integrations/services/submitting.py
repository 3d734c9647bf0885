"""Handing fulfillment orders over, once each, whatever happens on the way."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import structlog

from apps.compensation.services import attempt_effect
from apps.compensation.states import EffectKind
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import service
from apps.fulfillment import events
from apps.fulfillment.errors import FulfillmentNotAllowed
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.selectors import lock_fulfillment_order
from apps.fulfillment.services import note_outcome_unknown, note_submitted, reject_fulfillment_order
from apps.fulfillment.states import RejectReason, RequestState
from apps.integrations import selectors
from apps.integrations.errors import OutcomeUnsure, PartnerFault, PartnerNotConfigured, PartnerQuiet
from apps.integrations.framework.base import Found, Missing, PartnerResponse, PartnerState, Refused, Submitted, Unsure
from apps.integrations.messages import fulfillment_message
from apps.integrations.selectors import PartnerRequest, PastAttempts
from apps.integrations.services.calling import CallResult, call_partner
from apps.network.models import Capability
from apps.orders.selectors import held_order_ids
from apps.outbound.errors import CallNotNeeded
from apps.outbound.services import Call
from apps.outbound.states import CallOutcome

log = structlog.get_logger(__name__)
# Answers that are about us and not about what was sent.
SETUP = frozenset({401, 403, 404, 405, 407})
LOOK_AT_HOLD_AGAIN = timedelta(seconds=60)


def submit(fulfillment_order_id: int, *, actor: Actor) -> None:
    """Send one fulfillment order to the partner that runs its node; done already is done.

    After an attempt that may have arrived, the partner is asked by key first. Where it can't be asked, it is sent again
    only to a partner that takes the same key once; else the outcome is unknown. Raises PartnerQuiet (try later), OutcomeUnsure, PartnerFault, PartnerNotConfigured.
    """
    request = selectors.partner_request(fulfillment_order_id)
    if not selectors.to_be_sent(request.row):
        return
    if held_order_ids([request.row.order_id]):
        raise PartnerQuiet(database_clock.now() + LOOK_AT_HOLD_AGAIN, "the order is on hold", sick=False)
    past = selectors.past_submissions(request.row)
    if past.busy_until is not None:
        raise PartnerQuiet(past.busy_until, "a call about it is under way", sick=False)
    if past.reference:
        note_taken(request, past.reference, "received", actor)
        return
    if past.unsure and not request.may_repeat:
        note_outcome_unknown(request.row.pk, actor=actor)
        return
    # Nothing is sent once the order has been called off or the fulfillment order taken away meanwhile.
    with suppress(CallNotNeeded):
        if _asks_first(request, past) and find(request, actor=actor, cost=past.cost):
            return
        _send(request, past, actor)


def _asks_first(request: PartnerRequest, past: PastAttempts) -> bool:
    return past.doubtful and request.can(Capability.LOOK_UP)


def find(request: PartnerRequest, *, actor: Actor, cost: int = 0) -> bool:
    """Ask the partner by key, and note what it has. False: it has nothing. Raises PartnerQuiet, OutcomeUnsure.

    ``cost``: retry tokens it takes.
    """
    found = look_for(request, cost=cost)
    if isinstance(found, Found):
        note_taken(request, found.reference, found.state, actor)
    return isinstance(found, Found)


def look_for(request: PartnerRequest, *, cost: int = 0) -> Found | Missing:
    """Ask the partner by key. Raises PartnerQuiet, OutcomeUnsure."""
    call = _call(request, selectors.LOOK_UP, extra=True, cost=cost)
    result = call_partner(call, lambda: request.client.look_up(request.key))
    if isinstance(result.response, Found | Missing):
        return result.response
    raise trouble(result, unsure=True)


def _send(request: PartnerRequest, past: PastAttempts, actor: Actor) -> None:
    message = fulfillment_message(request)
    call = _call(
        request,
        selectors.SUBMIT,
        attempt=past.attempts + 1,
        extra=past.attempts > 0,
        # After a look-up the retry is paid for already.
        cost=0 if _asks_first(request, past) else past.cost,
        gain=past.cost or 1,
    )
    attempt_effect(EffectKind.PARTNER_SUBMISSION, request.row.public_id, stream=request.row.order.public_id)
    result = call_partner(
        call, lambda: request.client.submit(message, key=request.key), wanted=lambda: _still_wanted(request)
    )
    response = result.response
    if isinstance(response, Submitted):
        note_taken(request, response.reference, response.state, actor)
    elif isinstance(response, Refused) and response.status in SETUP:
        # No word about this order: every other would fare the same, and routing them all elsewhere would cure nothing.
        raise PartnerNotConfigured(
            node=request.row.node.name, problem=Text("it answers {status} to us", status=response.status)
        )
    elif isinstance(response, Refused):
        _turn_down(request.row.pk, response.reason, actor)
    elif isinstance(response, Unsure) and not request.may_repeat:
        note_outcome_unknown(request.row.pk, actor=actor)
    else:
        raise trouble(result, unsure=isinstance(response, Unsure))


def _still_wanted(request: PartnerRequest) -> bool:
    """Under the lock that a cancellation takes too: either it sees our call, or we see that it was here."""
    return selectors.to_be_sent(lock_fulfillment_order(request.row.pk))


def _call(request: PartnerRequest, operation: str, *, cost: int, extra: bool, attempt: int = 1, gain: int = 1) -> Call:
    about = (operation, request.row.order.public_id, request.row.public_id, request.key)
    return Call(request.counterpart, *about, attempt=attempt, extra=extra, cost=cost, gain=gain)


def trouble(result: CallResult[PartnerResponse], *, unsure: bool) -> Exception:
    """What to raise about an answer that is none. A partner that is not well is waited for, however long."""
    detail = getattr(result.response, "detail", "") or f"answered {result.response.status}"
    if result.quiet_until is not None:
        return PartnerQuiet(result.quiet_until, detail)
    return OutcomeUnsure(detail) if unsure else PartnerFault(detail)


def note_taken(request: PartnerRequest, reference: str, state: PartnerState, actor: Actor) -> None:
    """The partner has it, in that state of its own."""
    if state in ("rejected", "cancelled"):
        _turn_down(request.row.pk, f"{state}_by_partner", actor)
        return
    # A partner that takes whatever it gets will not say yes again.
    accepted = state != "received" or not request.can(Capability.ACCEPT_REJECT)
    note_submitted(request.row.pk, reference=reference, accepted=accepted, actor=actor)


def _turn_down(fulfillment_order_id: int, reason: str, actor: Actor) -> None:
    # Called off meanwhile: then nobody minds that the partner does not want it.
    with suppress(FulfillmentNotAllowed):
        reject_fulfillment_order(fulfillment_order_id, reason=reject_reason(reason), note=reason, actor=actor)


def reject_reason(word: str) -> str:
    """A partner's code word as one of our reasons."""
    return word if word in RejectReason.values else RejectReason.OTHER


@service
def confirm_received(fulfillment_order_id: int, *, reference: str, actor: Actor) -> FulfillmentOrder:
    """A person found out that the partner has it, under ``reference`` (may be empty): it is not sent again.

    Raises FulfillmentNotAllowed where nothing is waiting to be sent. Known already: nothing happens.
    """
    row = lock_fulfillment_order(fulfillment_order_id)
    if row.request_state in (RequestState.SUBMITTED, RequestState.ACCEPTED):
        return row
    if not selectors.to_be_sent(row):
        raise FulfillmentNotAllowed(state=row.state, verb="confirmed as received", allowed_transitions=[])
    # As when it answers itself: a partner that takes whatever it gets will not say yes again.
    accepted = Capability.ACCEPT_REJECT not in row.node.capabilities
    return note_submitted(row.pk, reference=reference, accepted=accepted, actor=actor)


@service
def confirm_not_received(fulfillment_order_id: int, *, actor: Actor) -> FulfillmentOrder:
    """A person found out that the partner never got it: it is sent again, under the same key."""
    row = lock_fulfillment_order(fulfillment_order_id)
    if not selectors.to_be_sent(row):
        raise FulfillmentNotAllowed(state=row.state, verb="sent again", allowed_transitions=[])
    calls = selectors.submissions(row).filter(outcome=CallOutcome.UNKNOWN)
    calls.update(outcome=CallOutcome.FAILED, detail="a person says it never arrived")
    record(events.fulfillment_fact(row, row.order.public_id, events.FulfillmentRequested()), actor=actor)
    return row
