"""SLA clocks, and the policies they run under."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from django.db.models import QuerySet
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1 import visibility
from apps.api.v1.base import Listing, View
from apps.api.v1.shapes.sla import (
    SlaPolicyOut,
    SlaPolicyPage,
    SlaPolicySummary,
    SlaTimerOut,
    SlaTimerPage,
    policy,
    policy_summary,
    timer,
)
from apps.core.api.bodies import BodyModel
from apps.core.api.filters import AnyOf, Filters, Flag, Moment, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.core.errors import NotFound
from apps.orders.canonical import Text255
from apps.sla.models import SlaPolicyVersion, SlaTimer
from apps.sla.services import publish_sla_policy
from apps.sla.states import STAGE_CHOICES, PolicyState, TimerState


class SlaPolicyBody(BodyModel):
    """``content``: rules by stage, asked in order, and watches; as ``GET`` shows them.

    ``retime``: clocks already running are retimed under it; else they keep the version they were started under.
    """

    content: Annotated[dict[str, Any], Field(max_length=10)]
    retime: bool
    note: Text255 = ""


class TimerFilters(Filters):
    stage = AnyOf(STAGE_CHOICES, field_name="stage")
    state = AnyOf(TimerState.choices, field_name="state")
    subject = Text(field_name="subject_ref", help_text="id of the order, fulfillment order, case or approval")
    order = Text(field_name="stream", help_text="the order's id")
    node = Text(field_name="node__code", help_text="the node's code")
    breached = Flag(field_name="breached_at", lookup_expr="isnull", exclude=True)
    due_before = Moment(field_name="due_at", lookup_expr="lt")
    due_after = Moment(field_name="due_at", lookup_expr="gte")


class Timers(Listing[SlaTimer]):
    scopes: ClassVar[dict[str, str]] = {"GET": "sla:read"}
    filters = TimerFilters
    sorts: ClassVar[dict[str, str]] = {"due_at": "due_at", "-started_at": "pk"}
    page = SlaTimerPage

    def rows(self, caller: Caller) -> QuerySet[SlaTimer]:
        return visibility.timers(caller).select_related("node", "policy")

    def render(self, rows: list[SlaTimer], caller: Caller) -> list[SlaTimerOut]:
        return [timer(row) for row in rows]


class PolicyFilters(Filters):
    state = AnyOf(PolicyState.choices, field_name="state")


class Policies(Listing[SlaPolicyVersion]):
    scopes: ClassVar[dict[str, str]] = {"GET": "sla:read", "POST": "sla:write"}
    filters = PolicyFilters
    sorts: ClassVar[dict[str, str]] = {"-number": "number"}
    page = SlaPolicyPage

    def rows(self, caller: Caller) -> QuerySet[SlaPolicyVersion]:
        return SlaPolicyVersion.objects.defer("content")

    def render(self, rows: list[SlaPolicyVersion], caller: Caller) -> list[SlaPolicySummary]:
        return [policy_summary(row) for row in rows]

    @described("publish_sla_policy", body=SlaPolicyBody, responses={201: SlaPolicyOut}, key=True)
    def post(self, request: Request) -> Response:
        """Publish a new version of the SLA policy; it holds from now on, in place of a draft that stands.

        What can't hold gets 422 with every flaw: unknown codes, rules that are never reached, stages without an end.
        """
        body, caller = self.body(SlaPolicyBody, request), self.caller(request)

        def work() -> Reply:
            row = publish_sla_policy(body.content, retime=body.retime, note=body.note, actor=caller.actor)
            return Reply(policy(row), 201)

        return self.respond(request, work, key_required=True)


class OnePolicy(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "sla:read"}

    @described("get_sla_policy", responses={200: SlaPolicyOut})
    def get(self, request: Request, policy_ref: str) -> Response:
        """One version of the SLA policy, with its rules."""
        row = SlaPolicyVersion.objects.filter(public_id=policy_ref).first()
        if row is None:
            raise NotFound(what="SLA policy")
        return Response(policy(row))
