"""Where messages of channels differ from their contracts, and taking a difference as it is."""

from __future__ import annotations

from typing import Annotated, ClassVar

from django.db.models import QuerySet
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1.base import Listing, View
from apps.api.v1.channel_filter import OfChannel
from apps.api.v1.shapes.drift import DriftOut, DriftPage, drift
from apps.casework.resolutions.direct.drift import accept_drift_by_rule
from apps.casework.resolutions.direct.mappings import refuse_unless_everywhere
from apps.contracts.models import ContractDrift, DriftKind, DriftState
from apps.contracts.selectors import drifts, messages_kept
from apps.core.api.bodies import BodyModel
from apps.core.api.filters import AnyOf, Filters, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described

SCOPE = "channels:write"


class AcceptBody(BodyModel):
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class DriftFilters(Filters):
    channel = OfChannel("channel__code")
    contract = Text(field_name="contract", help_text="its name, such as `<kind of channel>.order`")
    state = AnyOf(DriftState.choices, field_name="state")
    kind = AnyOf(DriftKind.choices, field_name="kind")


class Drifts(Listing[ContractDrift]):
    scopes: ClassVar[dict[str, str]] = {"GET": SCOPE}
    filters = DriftFilters
    sorts: ClassVar[dict[str, str]] = {"-first_seen": "pk"}
    page = DriftPage

    def rows(self, caller: Caller) -> QuerySet[ContractDrift]:
        refuse_unless_everywhere(caller)
        return drifts()

    def render(self, rows: list[ContractDrift], caller: Caller) -> list[DriftOut]:
        kept = messages_kept(rows)
        return [drift(row, kept.get(row.first_message_id, "")) for row in rows]


class AcceptDrift(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("accept_drift", body=AcceptBody, responses={200: DriftOut}, key=False)
    def post(self, request: Request, drift_ref: str) -> Response:
        """Take a difference as it is: it is counted on and asked about no more. Twice is once."""
        body, caller = self.body(AcceptBody, request), self.caller(request)

        def work() -> Reply:
            row = accept_drift_by_rule(drift_ref, reason=body.reason, caller=caller)
            return Reply(drift(row, messages_kept([row]).get(row.first_message_id, "")))

        return self.respond(request, work)
