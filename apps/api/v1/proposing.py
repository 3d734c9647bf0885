"""What a verb with limits returns: the order as it is now, or the proposal it became."""

from __future__ import annotations

from rest_framework.request import Request

from apps.accounts.caller import Caller
from apps.api.v1.approvals import approval_of
from apps.api.v1.shapes.casework import ProposedOut
from apps.api.v1.shapes.orders import order_summary
from apps.casework.models import ApprovalRequest
from apps.core.api.idempotency import Reply
from apps.orders.models import Order

ACCEPTED = 202


def done_or_proposed(made: Order | ApprovalRequest, caller: Caller, request: Request) -> Reply:
    if isinstance(made, Order):
        return Reply.tagged(order_summary(made), made.version)
    return Reply(ProposedOut(approval=approval_of(made.pk, caller, request)), ACCEPTED)
