"""Taking fulfillment orders back from partners."""

from __future__ import annotations

from typing import Literal

from apps.core.actor import Actor
from apps.core.text import Text
from apps.core.transactions import service
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.selectors import lock_fulfillment_order
from apps.fulfillment.services import (
    cancel_fulfillment_order,
    note_cancel_refused,
    note_cancel_requested,
    note_outcome_unknown,
)
from apps.fulfillment.states import FulfillmentState, RequestState
from apps.integrations import selectors
from apps.integrations.errors import PartnerFault, PartnerNotConfigured, PartnerQuiet
from apps.integrations.framework.base import Missing, Refused, Stopped, StopUndecided
from apps.integrations.selectors import PartnerRequest
from apps.integrations.services.calling import call_partner
from apps.integrations.services.submitting import SETUP, find, look_for, note_taken, trouble
from apps.network.models import Capability
from apps.outbound.services import Call

Standing = Literal["settled", "left", "ask"]
_OFF = (FulfillmentState.CANCELLED, FulfillmentState.REJECTED)
_GONE = (FulfillmentState.SHIPPED, FulfillmentState.DELIVERED)


@service
def withdraw(fulfillment_order_id: int, *, actor: Actor) -> Standing:
    """Take back what its partner surely never got, and say how it stands with the rest.

    ``settled``: nothing more to do; ``left``: goods are gone, a person has to act; ``ask``: the partner has it, or may.
    Raises PartnerQuiet while it is being handed over right now: how that ends decides.
    """
    row = lock_fulfillment_order(fulfillment_order_id)
    if row.state in _OFF or row.request_state == RequestState.CANCEL_REJECTED:
        return "settled"
    if row.state in _GONE:
        return _left(row, actor)
    past = selectors.past_submissions(row)
    if past.busy_until is not None:
        raise PartnerQuiet(past.busy_until, "it is being handed over right now", sick=False)
    if row.request_state == RequestState.UNSUBMITTED and not (past.doubtful or past.reference):
        cancel_fulfillment_order(row.pk, actor=actor)
        return "settled"
    return "ask"


def _left(row: FulfillmentOrder, actor: Actor) -> Standing:
    if row.request_state != RequestState.CANCEL_REQUESTED:
        return "left"
    note_cancel_refused(row.pk, reason="already_shipped", actor=actor)
    return "settled"


def ask_to_cancel(fulfillment_order_id: int, *, actor: Actor) -> None:
    """Ask the partner to stop, and note its answer; asked twice is asked once.

    Where it can't be asked, that counts as its no: a person is to call. Raises PartnerQuiet, PartnerFault (also while
    the partner has not decided), PartnerNotConfigured.
    """
    request = selectors.partner_request(fulfillment_order_id)
    reference = request.row.partner_reference or _reference(request, actor)
    if reference is None:
        return
    note_cancel_requested(request.row.pk, actor=actor)
    if not request.can(Capability.CANCEL):
        note_cancel_refused(request.row.pk, reason="takes_no_cancellations", actor=actor)
        return
    response = _ask(request, reference)
    if isinstance(response, Refused):
        note_cancel_refused(request.row.pk, reason=response.reason, actor=actor)
    else:
        cancel_fulfillment_order(request.row.pk, actor=actor)


def _ask(request: PartnerRequest, reference: str) -> Stopped | Refused:
    """A yes or a considered no. Raises PartnerQuiet, PartnerFault, PartnerNotConfigured for everything else."""
    row, key = request.row, f"{request.key}:cancel"
    call = Call(request.counterpart, selectors.CANCEL, row.order.public_id, row.public_id, key)
    result = call_partner(call, lambda: request.client.cancel(reference, key=key))
    response = result.response
    if isinstance(response, StopUndecided):
        raise PartnerFault("the partner has not decided yet")
    if isinstance(response, Refused) and response.status in SETUP - {404}:
        raise PartnerNotConfigured(
            node=row.node.name, problem=Text("it answers {status} to us", status=response.status)
        )
    if isinstance(response, Stopped | Refused):
        return response
    raise trouble(result, unsure=False)


def _reference(request: PartnerRequest, actor: Actor) -> str | None:
    """What the partner calls it, where its answer to our submission was lost; None: settled without asking to cancel."""
    row, past = request.row, selectors.past_submissions(request.row)
    if past.reference:
        note_taken(request, past.reference, "received", actor)
        return past.reference
    if past.doubtful and request.can(Capability.LOOK_UP):
        if find(request, actor=actor):
            fresh = FulfillmentOrder.objects.get(pk=row.pk)
            return fresh.partner_reference if fresh.state not in _OFF else None
    elif past.unsure:
        note_outcome_unknown(row.pk, actor=actor)
        note_cancel_requested(row.pk, actor=actor)
        note_cancel_refused(row.pk, reason="nobody_knows_whether_they_have_it", actor=actor)
        return None
    cancel_fulfillment_order(row.pk, actor=actor)
    return None


def ever_sent(fulfillment_order_id: int) -> bool:
    """Whether anybody ever tried to hand it over."""
    row = FulfillmentOrder.objects.select_related("order").get(pk=fulfillment_order_id)
    return selectors.past_submissions(row).attempts > 0


def recall(fulfillment_order_id: int, *, actor: Actor) -> bool:
    """Stop at the partner what was taken away from it here. False: it may ship all the same, a person is to call.

    Raises PartnerQuiet, PartnerFault, PartnerNotConfigured.
    """
    request = selectors.partner_request(fulfillment_order_id)
    past = selectors.past_submissions(request.row)
    if past.busy_until is not None:
        raise PartnerQuiet(past.busy_until, "it is being handed over right now", sick=False)
    reference = request.row.partner_reference or past.reference
    if not reference and past.doubtful and request.can(Capability.LOOK_UP):
        found = look_for(request)
        if isinstance(found, Missing):
            return True
        reference = found.reference
    if not reference:
        return not past.unsure
    return request.can(Capability.CANCEL) and isinstance(_ask(request, reference), Stopped)
