"""Four-eyes from outside: what is proposed, and what a second person says to it."""

from __future__ import annotations

from typing import Annotated, ClassVar

from django.db.models import QuerySet
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.accounts.models import User
from apps.api.v1 import visibility
from apps.api.v1.base import Listing, View
from apps.api.v1.shapes.casework import ApprovalOut, ApprovalPage, approval
from apps.casework.approvals.deciding import decide_approval
from apps.casework.approvals.errors import ApprovalNotFound
from apps.casework.approvals.proposing import withdraw_approval
from apps.casework.approvals.selectors import approvals_for, can_decide
from apps.casework.models import ApprovalRequest
from apps.casework.states import ApprovalState
from apps.core.api.bodies import BodyModel
from apps.core.api.conditions import expected_version
from apps.core.api.filters import AnyOf, Filters, Moment, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described


class DecideBody(BodyModel):
    """``reason`` is needed for a no."""

    approve: bool
    reason: Annotated[str, Field(max_length=500)] = ""


class ApprovalFilters(Filters):
    state = AnyOf(ApprovalState.choices, field_name="state")
    kind = Text(field_name="kind")
    node = Text(field_name="node", help_text="the code of the node concerned")
    order = Text(field_name="order__public_id", help_text="the order's id")
    case = Text(field_name="case__public_id", help_text="the exception case's id")
    made_by = Text(field_name="made_by", help_text="an actor, such as staff:usr_…")
    made_after = Moment(field_name="made_at", lookup_expr="gte")
    made_before = Moment(field_name="made_at", lookup_expr="lt")
    expires_before = Moment(field_name="expires_at", lookup_expr="lt")


def person(request: Request) -> User | None:
    """Who is logged in; a key is nobody."""
    return request.user if isinstance(request.user, User) else None


def _shown(row: ApprovalRequest, caller: Caller, request: Request) -> ApprovalOut:
    may, why_not = can_decide(row, caller, person(request))
    if may and "approvals:decide" not in caller.scopes:
        may, why_not = False, "This needs approvals:decide."
    return approval(row, may_decide=may, why_not=why_not)


def approval_of(pk: int, caller: Caller, request: Request) -> ApprovalOut:
    """As it stands now."""
    row = ApprovalRequest.objects.select_related("order", "case").prefetch_related("votes__user").get(pk=pk)
    return _shown(row, caller, request)


def _find(caller: Caller, ref: str) -> ApprovalRequest:
    """Raises ApprovalNotFound, for what is none of the caller's business too."""
    row = approvals_for(caller).filter(public_id=ref).first()
    if row is None:
        if ApprovalRequest.objects.filter(public_id=ref).exists():
            visibility.note_foreign(caller, "ApprovalRequest", ref)
        raise ApprovalNotFound(approval=ref)
    return row


class Approvals(Listing[ApprovalRequest]):
    scopes: ClassVar[dict[str, str]] = {"GET": "approvals:read"}
    filters = ApprovalFilters
    sorts: ClassVar[dict[str, str]] = {"-made_at": "pk", "expires_at": "expires_at", "-amount": "amount_minor"}
    page = ApprovalPage

    def rows(self, caller: Caller) -> QuerySet[ApprovalRequest]:
        return approvals_for(caller)

    def render(self, rows: list[ApprovalRequest], caller: Caller) -> list[ApprovalOut]:
        return [_shown(row, caller, self.request) for row in rows]


class OneApproval(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "approvals:read"}

    @described("get_approval", responses={200: ApprovalOut})
    def get(self, request: Request, approval_ref: str) -> Response:
        """One proposal, with what is and what would be side by side."""
        caller = self.caller(request)
        row = _find(caller, approval_ref)
        return self.tagged(_shown(row, caller, request), row.version)


class DecideApproval(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "approvals:decide"}

    @described("decide_approval", body=DecideBody, responses={200: ApprovalOut}, match=True)
    def post(self, request: Request, approval_ref: str) -> Response:
        """Say yes or no to a proposal, as a person who is logged in; its maker can't, and a key can't.

        The last yes that is needed carries it out in the same transaction. Saying the same again is the same decision. A
        proposal whose target has changed meanwhile is voided and answered 409.
        """
        expected = expected_version(request, required=True)
        body, caller = self.body(DecideBody, request), self.caller(request)
        found = _find(caller, approval_ref)
        # Not in one outer transaction: a proposal found overtaken is voided, and stays so although this is refused.
        row = decide_approval(
            found.public_id,
            approve=body.approve,
            reason=body.reason,
            expected_version=expected,
            user=person(request),
            caller=caller,
        )
        return self.tagged(approval_of(row.pk, caller, request), row.version)


class WithdrawApproval(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "approvals:read"}

    @described("withdraw_approval", responses={200: ApprovalOut}, key=False)
    def post(self, request: Request, approval_ref: str) -> Response:
        """Take one's own proposal back; twice is once."""
        caller = self.caller(request)
        found = _find(caller, approval_ref)

        def work() -> Reply:
            row = withdraw_approval(found.public_id, actor=caller.actor)
            return Reply.tagged(approval_of(row.pk, caller, request), row.version)

        return self.respond(request, work)
