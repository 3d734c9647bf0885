"""Orders by the thousand, and how far a job is."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.v1 import examples, visibility
from apps.api.v1.base import View
from apps.api.v1.shapes.jobs import JobDetail, JobOut, job, job_detail
from apps.channels.services.bulk import start_bulk_job
from apps.core.api.bodies import BodyModel
from apps.core.api.filters import refuse_unknown
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.orders.canonical import CanonicalOrder

MOST_ORDERS = 10_000
# On average; a long order has some hundreds.
VALUES_AN_ORDER = 150
_OUTCOME = OpenApiParameter(
    "outcome",
    {"type": "array", "items": {"type": "string", "enum": ["accepted", "existing", "refused"]}},
    description="only rows that ended so",
    explode=False,
    style="form",
)


class BulkBody(BodyModel):
    """Orders of one channel. Each is read on its own: a wrong one spoils no other."""

    channel: Annotated[str, Field(min_length=1, max_length=64)]
    orders: Annotated[list[Any], Field(min_length=1, max_length=MOST_ORDERS)]


class BulkBodyDescribed(BulkBody):
    """Orders of one channel. Each is read on its own: a wrong one spoils no other."""

    orders: Annotated[list[CanonicalOrder], Field(min_length=1, max_length=MOST_ORDERS)]


class BulkOrders(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "orders:write"}
    body_limit = settings.CSV_UPLOAD_MAX_BYTES
    body_values = MOST_ORDERS * VALUES_AN_ORDER

    @described(
        "create_orders_in_bulk", body=BulkBodyDescribed, responses={202: JobOut}, key=True, examples=examples.BULK
    )
    def post(self, request: Request) -> Response:
        """Hand in up to 10,000 orders at once.

        Answered as soon as they are kept; the job at `Location` says what became of each.
        """
        body, caller = self.body(BulkBody, request), self.caller(request)
        if not caller.may_channel(body.channel):
            visibility.note_foreign(caller, "Channel", body.channel)

        def work() -> Reply:
            row = start_bulk_job(body.orders, channel=body.channel, caller=caller)
            return Reply(job(row), status=202, headers={"Location": f"/api/v1/jobs/{row.public_id}"})

        return self.respond(request, work, key_required=True)


class OneJob(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "orders:write"}

    @described("get_job", responses={200: JobDetail}, query=[_OUTCOME])
    def get(self, request: Request, job_ref: str) -> Response:
        """How far a job is, and what became of each row."""
        refuse_unknown(request, frozenset({"outcome"}))
        row = visibility.find_job(self.caller(request), job_ref)
        outcomes = frozenset(filter(None, request.query_params.get("outcome", "").split(",")))
        return Response(job_detail(row, outcomes))
