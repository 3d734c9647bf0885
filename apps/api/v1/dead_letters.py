"""What was given up, and starting it again as a job."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from django.db.models import QuerySet
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1.base import Listing, View
from apps.api.v1.shapes.dead_letters import (
    DeadDeliveryOut,
    DeadDeliveryPage,
    DeadRunOut,
    DeadRunPage,
    RedriveOut,
    dead_delivery,
    dead_run,
    redrive,
)
from apps.core.api.bodies import BodyModel
from apps.core.api.filters import AnyOf, Filters, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.orchestration.errors import RedriveNotFound
from apps.orchestration.models import Redrive
from apps.orchestration.redriving import redrive_by_rule, stop_redrive
from apps.orchestration.selectors import DeadLetters, dead_deliveries, dead_runs, redrives_for
from apps.outbound.states import CounterpartKind
from apps.webhooks.models import Delivery

SCOPE = "steps:retry"
Word = Annotated[str, Field(max_length=64)]


class ReplayBody(BodyModel):
    """Which are started again; what is left out does not narrow them, so an empty body means all. ``ids``: of jobs (`run_…`) and
    deliveries (`dlv_…`), instead of the rest."""

    kind: Literal["", "shop", "partner", "webhook"] = ""
    called: Word = ""
    step: Word = ""
    code: Word = ""
    ids: Annotated[
        list[Annotated[str, Field(pattern=r"^(run_[0-9]{1,18}|dlv_[0-9a-z]{1,32})$")]], Field(max_length=1000)
    ] = []


class DeadRunFilters(Filters):
    kind = AnyOf(CounterpartKind.choices, field_name="called_kind")
    called = Text(field_name="called", help_text="code of the shop or partner, or id of the endpoint")
    step = Text(field_name="step")
    code = Text(field_name="error_code", help_text="why it stopped")


class DeadLetterRuns(Listing[Any]):
    scopes: ClassVar[dict[str, str]] = {"GET": SCOPE}
    filters = DeadRunFilters
    sorts: ClassVar[dict[str, str]] = {"-id": "pk"}
    page = DeadRunPage

    def rows(self, caller: Caller) -> QuerySet[Any]:
        return dead_runs(caller, DeadLetters()).select_related("event")

    def render(self, rows: list[Any], caller: Caller) -> list[DeadRunOut]:
        return [dead_run(row) for row in rows]


class DeadDeliveries(Listing[Delivery]):
    scopes: ClassVar[dict[str, str]] = {"GET": SCOPE}
    filters = Filters
    sorts: ClassVar[dict[str, str]] = {"-id": "pk"}
    page = DeadDeliveryPage

    def rows(self, caller: Caller) -> QuerySet[Delivery]:
        return dead_deliveries(caller, DeadLetters()).select_related("endpoint")

    def render(self, rows: list[Delivery], caller: Caller) -> list[DeadDeliveryOut]:
        return [dead_delivery(row) for row in rows]


class ReplayDeadLetters(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("replay_dead_letters", body=ReplayBody, responses={202: RedriveOut}, key=False)
    def post(self, request: Request) -> Response:
        """Start them again, part by part, no faster than whom they call bears, and not while it is left alone.

        Where a job of the same caller about the same filter is under way, it is that one.
        """
        body, caller = self.body(ReplayBody, request), self.caller(request)
        which = DeadLetters(
            called_kind=body.kind,
            called=body.called,
            step=body.step,
            code=body.code,
            runs=frozenset(int(one[4:]) for one in body.ids if one.startswith("run_")),
            deliveries=frozenset(one for one in body.ids if one.startswith("dlv_")),
        )
        return self.respond(request, lambda: Reply(redrive(redrive_by_rule(which, caller=caller)), 202))


class OneRedrive(View):
    scopes: ClassVar[dict[str, str]] = {"GET": SCOPE}

    @described("get_dead_letter_replay", responses={200: RedriveOut})
    def get(self, request: Request, redrive_ref: str) -> Response:
        """How far a job is, and where what it started stands."""
        return Response(redrive(_find(self.caller(request), redrive_ref)))


class StopRedrive(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("stop_dead_letter_replay", responses={200: RedriveOut}, key=False)
    def post(self, request: Request, redrive_ref: str) -> Response:
        """Start no more of it; what was started goes on. Twice is once."""
        caller = self.caller(request)
        found = _find(caller, redrive_ref)
        return self.respond(request, lambda: Reply(redrive(stop_redrive(found.public_id, actor=caller.actor))))


def _find(caller: Caller, ref: str) -> Redrive:
    """Of a limited caller: its own. Raises RedriveNotFound."""
    rows = redrives_for(caller) | Redrive.objects.filter(created_by=str(caller.actor))
    row = rows.filter(public_id=ref).first()
    if row is None:
        raise RedriveNotFound(job=ref)
    return row
