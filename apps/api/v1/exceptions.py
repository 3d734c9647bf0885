"""Exception cases: problems before people."""

from __future__ import annotations

from typing import Annotated, ClassVar

from django.db.models import QuerySet
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1 import visibility
from apps.api.v1.base import Listing, View
from apps.api.v1.shapes.cases import CaseOut, CasePage, case
from apps.casework.models import ExceptionCase
from apps.casework.services import resolve_case
from apps.casework.states import CaseState, CaseType, Severity
from apps.core.api.bodies import BodyModel
from apps.core.api.filters import AnyOf, Filters, Moment, Text
from apps.core.api.idempotency import Answer
from apps.core.api.schema import described
from apps.orders.canonical import Text255


class ResolveBody(BodyModel):
    """``dismiss``: it was no problem."""

    resolution: Annotated[Text255, Field(min_length=1)]
    dismiss: bool = False


class CaseFilters(Filters):
    state = AnyOf(CaseState.choices, field_name="state")
    type = AnyOf(CaseType.choices, field_name="type")
    severity = AnyOf(Severity.choices, field_name="severity")
    order = Text(field_name="order__public_id", help_text="the order's id")
    opened_after = Moment(field_name="opened_at", lookup_expr="gte")
    opened_before = Moment(field_name="opened_at", lookup_expr="lt")


class Cases(Listing[ExceptionCase]):
    scopes: ClassVar[dict[str, str]] = {"GET": "cases:read"}
    filters = CaseFilters
    sorts: ClassVar[dict[str, str]] = {"-opened_at": "pk", "last_seen_at": "last_seen_at"}
    page = CasePage

    def rows(self, caller: Caller) -> QuerySet[ExceptionCase]:
        return visibility.cases(caller).select_related("order")

    def render(self, rows: list[ExceptionCase], caller: Caller) -> list[CaseOut]:
        return [case(row) for row in rows]


class OneCase(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "cases:read"}

    @described("get_exception", answers={200: CaseOut})
    def get(self, request: Request, case_ref: str) -> Response:
        """One exception case."""
        return Response(case(visibility.find_case(self.caller(request), case_ref)))


class ResolveCase(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "cases:write"}

    @described("resolve_exception", body=ResolveBody, answers={200: CaseOut}, key=False)
    def post(self, request: Request, case_ref: str) -> Response:
        """Say how a case ended.

        It sets right nothing by itself: release the hold or change the order as well.
        """
        body, caller = self.body(ResolveBody, request), self.caller(request)
        found = visibility.find_case(caller, case_ref)

        def work() -> Answer:
            return Answer(
                case(
                    resolve_case(found.public_id, resolution=body.resolution, dismiss=body.dismiss, actor=caller.actor)
                )
            )

        return self.answer(request, work)
