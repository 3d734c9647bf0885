"""Exception cases: problems before people."""

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
from apps.api.v1.channel_filter import OfChannel
from apps.api.v1.shapes.casework import CaseOut, CasePage, CommentOut, CommentPage, OneCaseOut, case, comment, one_case
from apps.casework.models import CaseComment, ExceptionCase, Queue
from apps.casework.selectors import lock_standing_case
from apps.casework.services import KEEP, assign_cases, comment_case, set_priority
from apps.casework.states import CaseState, Severity, WaitingOn
from apps.core.api.bodies import BodyModel
from apps.core.api.conditions import expected_version
from apps.core.api.filters import AnyOf, Filters, Flag, Moment, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.core.errors import InvalidInput
from apps.orders.canonical import Text64

AT_HAND = ("order", "queue", "owner", "merged_into")


class CaseChanges(BodyModel):
    """Only what is sent is changed. ``owner``: an id of staff, or null for nobody; ``queue``: its code."""

    read_only: ClassVar[frozenset[str]] = frozenset(CaseOut.model_fields) - {"owner", "queue", "priority"}

    owner: Text64 | None = None
    queue: Text64 = ""
    priority: Annotated[int, Field(ge=1, le=5)] = 3


class CommentBody(BodyModel):
    """``@username`` in the text notifies that person."""

    body: Annotated[str, Field(min_length=1, max_length=5_000)]


class CaseFilters(Filters):
    state = AnyOf(CaseState.choices, field_name="state")
    type = Text(field_name="type", help_text="the code of a kind of case")
    severity = AnyOf(Severity.choices, field_name="severity")
    queue = Text(field_name="queue__code", help_text="the queue's code")
    owner = Text(field_name="owner__public_id", help_text="an id of staff")
    unowned = Flag(field_name="owner", lookup_expr="isnull", help_text="true: nobody's")
    waiting_on = AnyOf(WaitingOn.choices, field_name="waiting_on")
    channel = OfChannel()
    node = Text(field_name="node", help_text="the code of the node it is about")
    country = Text(field_name="country")
    customer_tier = Text(field_name="customer_tier")
    order = Text(field_name="order__public_id", help_text="the order's id")
    opened_after = Moment(field_name="opened_at", lookup_expr="gte")
    opened_before = Moment(field_name="opened_at", lookup_expr="lt")
    due_before = Moment(field_name="next_due_at", lookup_expr="lt")


class Cases(Listing[ExceptionCase]):
    scopes: ClassVar[dict[str, str]] = {"GET": "cases:read"}
    filters = CaseFilters
    sorts: ClassVar[dict[str, str]] = {
        "-opened_at": "pk",
        "last_seen_at": "last_seen_at",
        "priority": "priority",
        "-value_at_risk": "value_minor",
    }
    page = CasePage

    def rows(self, caller: Caller) -> QuerySet[ExceptionCase]:
        return visibility.cases(caller).select_related(*AT_HAND)

    def render(self, rows: list[ExceptionCase], caller: Caller) -> list[CaseOut]:
        return [case(row) for row in rows]


def read_case(pk: int) -> ExceptionCase:
    """As it stands now, with what its shape needs."""
    return ExceptionCase.objects.select_related(*AT_HAND).get(pk=pk)


def case_reply(pk: int, status: int = 200) -> Reply:
    """The case as it stands now, as a response."""
    row = read_case(pk)
    return Reply.tagged(case(row), row.version, status)


class OneCase(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "cases:read", "PATCH": "cases:write"}

    @described("get_exception", responses={200: OneCaseOut})
    def get(self, request: Request, case_ref: str) -> Response:
        """One exception case."""
        row = read_case(visibility.find_case(self.caller(request), case_ref).pk)
        return self.tagged(one_case(row), row.version)

    @described("change_exception", body=CaseChanges, responses={200: CaseOut}, key=False, match=True)
    def patch(self, request: Request, case_ref: str) -> Response:
        """Give a case to somebody, move it to another queue, or change how urgent it is."""
        expected = expected_version(request, required=True)
        body, caller = self.body(CaseChanges, request), self.caller(request)
        if not body.model_fields_set:
            raise InvalidInput(errors=[{"pointer": "", "detail": "names nothing to change", "code": "missing"}])
        found = visibility.find_case(caller, case_ref)

        def work() -> Reply:
            lock_standing_case(found.pk, expected_version=expected)
            _change(found.pk, body, caller)
            return case_reply(found.pk)

        return self.respond(request, work)


def _change(pk: int, body: CaseChanges, caller: Caller) -> None:
    sent = body.model_fields_set
    if sent & {"owner", "queue"}:
        owner = _owner(body.owner) if "owner" in sent else KEEP
        queue = _queue(body.queue) if "queue" in sent else None
        assign_cases([pk], owner=owner, queue=queue, actor=caller.actor)
    if "priority" in sent:
        set_priority([pk], priority=body.priority, actor=caller.actor)


def _owner(ref: str | None) -> User | None:
    if ref is None:
        return None
    user = User.objects.filter(public_id=ref, is_active=True, is_staff=True).first()
    if user is None:
        raise InvalidInput(errors=[{"pointer": "/owner", "detail": "is no member of staff", "code": "unknown"}])
    return user


def _queue(code: str) -> Queue:
    queue = Queue.objects.filter(code=code).first()
    if queue is None:
        raise InvalidInput(errors=[{"pointer": "/queue", "detail": "is no queue", "code": "unknown"}])
    return queue


class CommentFilters(Filters):
    written_after = Moment(field_name="written_at", lookup_expr="gte")


class Comments(Listing[CaseComment]):
    scopes: ClassVar[dict[str, str]] = {"GET": "cases:read", "POST": "cases:write"}
    filters = CommentFilters
    sorts: ClassVar[dict[str, str]] = {"written_at": "pk"}
    page = CommentPage

    def rows(self, caller: Caller) -> QuerySet[CaseComment]:
        of = visibility.find_case(caller, self.kwargs["case_ref"])
        return CaseComment.objects.filter(case=of).prefetch_related("mentions")

    def render(self, rows: list[CaseComment], caller: Caller) -> list[CommentOut]:
        return [comment(row) for row in rows]

    @described("comment_exception", body=CommentBody, responses={201: CommentOut}, key=False)
    def post(self, request: Request, case_ref: str) -> Response:
        """Write on a case; it changes no version."""
        body, caller = self.body(CommentBody, request), self.caller(request)
        found = visibility.find_case(caller, case_ref)

        def work() -> Reply:
            return Reply(comment(comment_case(found.pk, body=body.body, actor=caller.actor)), 201)

        return self.respond(request, work)
