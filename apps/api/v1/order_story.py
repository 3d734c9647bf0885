"""What happened to an order, and why."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.v1 import visibility
from apps.api.v1.base import View
from apps.api.v1.shapes.order_story import Changes, OrderDecision, Timeline, change_out, decision
from apps.api.v1.timeline import timeline_of
from apps.casework.redaction import redaction_for
from apps.core.api.filters import PAGING, BadQuery, refuse_unknown
from apps.core.api.schema import described
from apps.orders.changes import changes_of_order
from apps.routing.errors import DecisionNotFound
from apps.routing.models import RoutingDecision
from apps.routing.planner import InvalidProblem, differences, replay
from apps.routing.planner.codec import InvalidRecord

MOST_CHANGES = 500
_FLAG = {"type": "string", "enum": ["0", "1"], "default": "0"}
_DECISION_QUERY = (
    OpenApiParameter("all", _FLAG, description="`1`: every decision, not only the latest"),
    OpenApiParameter("replay", _FLAG, description="`1`: decide again from the stored inputs and compare"),
)
_TIMELINE_QUERY = (
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
    OpenApiParameter("cursor", str, description="`next_cursor` of the page before"),
)


class TimelineView(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "orders:read"}

    @described("get_order_timeline", responses={200: Timeline}, query=_TIMELINE_QUERY)
    def get(self, request: Request, order_ref: str) -> Response:
        """Everything that happened to an order, oldest first: its events and the calls made to partners."""
        refuse_unknown(request, PAGING - {"sort"})
        order = visibility.find_order(self.caller(request), order_ref)
        items, next_cursor = timeline_of(
            order.public_id, request, hidden=visibility.others_work(self.caller(request), order)
        )
        return Response({"items": items, "next_cursor": next_cursor})


class ChangesView(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "orders:read"}

    @described("get_order_changes", responses={200: Changes})
    def get(self, request: Request, order_ref: str) -> Response:
        """What changed of an order, its lines and its contacts: by whom, when, why, and the value before and after."""
        refuse_unknown(request, frozenset())
        order = visibility.find_order(self.caller(request), order_ref)
        found = changes_of_order(order)
        items = [change_out(change) for change in found[:MOST_CHANGES]]
        return Response(Changes(items=items, truncated=len(found) > MOST_CHANGES))


class DecisionView(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "orders:read"}

    @described("get_order_decision", responses={200: OrderDecision}, query=_DECISION_QUERY)
    def get(self, request: Request, order_ref: str) -> Response:
        """Why an order is served from its nodes."""
        refuse_unknown(request, frozenset({"all", "replay"}))
        everything, again = _flag(request, "all"), _flag(request, "replay")
        order = visibility.find_order(self.caller(request), order_ref)
        rows = RoutingDecision.objects.filter(order=order).select_related("policy", "network").order_by("-pk")
        found = list(rows if everything else rows[:1])
        if not found:
            raise DecisionNotFound(order=order_ref)
        redaction = redaction_for(self.caller(request).nodes)
        latest, *earlier = [decision(row, _replayed(row) if again else None, redaction) for row in found]
        return Response(OrderDecision(**dict(latest), earlier=earlier))


def _flag(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "0")
    if text not in {"0", "1"}:
        raise BadQuery(errors=[{"parameter": name, "detail": "must be 0 or 1"}])
    return text == "1"


def _replayed(row: RoutingDecision) -> list[str]:
    """Decide again; returns the parts of the plan that come out other."""
    try:
        return list(differences(row.plan, replay(row.inputs)))
    except (InvalidRecord, InvalidProblem):
        # A record of a schema no longer read is not identical to anything; saying so beats failing.
        return ["inputs"]
