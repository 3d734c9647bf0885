"""How the shops, partners and webhook endpoints are that we call."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1 import visibility
from apps.api.v1.base import Listing, View
from apps.api.v1.shapes.integrations import CallOut, CallPage, IntegrationsHealth, call_out, counterpart
from apps.casework.visibility import calls
from apps.core.api.filters import AnyOf, Filters, refuse_unknown
from apps.core.api.schema import described
from apps.orchestration.integration_health import integrations_for
from apps.outbound.models import CallLog
from apps.outbound.states import CallOutcome, CounterpartKind


class Health(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "network:read"}

    @described("get_integrations_health", responses={200: IntegrationsHealth})
    def get(self, request: Request) -> Response:
        """How each of them answers, what waits for it and what was given up; at most five seconds old.

        The figures of a shop and of an endpoint cover all places, so a caller limited to some sees none; those of a partner are
        seen by whoever sees all places it runs.
        """
        refuse_unknown(request, frozenset())
        return Response(IntegrationsHealth(items=[counterpart(one) for one in integrations_for(self.caller(request))]))


class CallFilters(Filters):
    kind = AnyOf(CounterpartKind.choices, field_name="kind")
    outcome = AnyOf(CallOutcome.choices, field_name="outcome")


class OrderCalls(Listing[CallLog]):
    scopes: ClassVar[dict[str, str]] = {"GET": "orders:read"}
    filters = CallFilters
    sorts: ClassVar[dict[str, str]] = {"started_at": "pk"}
    page = CallPage

    def rows(self, caller: Caller) -> QuerySet[CallLog]:
        return calls(caller, visibility.find_order(caller, self.kwargs["order_ref"]))

    def render(self, rows: list[CallLog], caller: Caller) -> list[CallOut]:
        return [call_out(row) for row in rows]
