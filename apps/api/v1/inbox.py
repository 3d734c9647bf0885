"""The inbox: every message as it came, and what became of it."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1 import visibility
from apps.api.v1.base import Listing, View
from apps.api.v1.channel_filter import OfChannel
from apps.api.v1.shapes.messages import MessageOut, MessagePage, MessageSummary, message, message_summary
from apps.casework.resolutions.direct.cases import read_again_by_rule
from apps.channels.models import InboxMessage, Verdict
from apps.core.api.filters import AnyOf, Filters, Moment, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described

READ_BODIES = "inbox:read"


class MessageFilters(Filters):
    channel = OfChannel("channel__code")
    verdict = AnyOf(Verdict.choices, field_name="verdict")
    topic = Text(field_name="topic")
    external_id = Text(field_name="external_id")
    order = Text(field_name="order_ref", help_text="the order's id")
    received_after = Moment(field_name="received_at", lookup_expr="gte")
    received_before = Moment(field_name="received_at", lookup_expr="lt")


class Messages(Listing[InboxMessage]):
    scopes: ClassVar[dict[str, str]] = {"GET": "orders:read"}
    filters = MessageFilters
    sorts: ClassVar[dict[str, str]] = {"-received_at": "pk"}
    page = MessagePage

    def rows(self, caller: Caller) -> QuerySet[InboxMessage]:
        return visibility.messages(caller).select_related("channel").defer("body", "headers")

    def render(self, rows: list[InboxMessage], caller: Caller) -> list[MessageSummary]:
        return [message_summary(row) for row in rows]


class OneMessage(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "orders:read"}

    @described("get_inbox_message", responses={200: MessageOut})
    def get(self, request: Request, message_ref: str) -> Response:
        """One message; with its body where the key has the scope `inbox:read`."""
        caller = self.caller(request)
        row = visibility.find_message(caller, message_ref)
        return Response(message(row, with_body=READ_BODIES in caller.scopes))


class Replay(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "inbox:replay"}

    @described("replay_inbox_message", responses={200: MessageSummary}, key=False)
    def post(self, request: Request, message_ref: str) -> Response:
        """Have a message read again, by the contracts as they are now.

        Only one that waits, was quarantined or rejected; the reading follows in a moment.
        """
        caller = self.caller(request)
        found = visibility.find_message(caller, message_ref)

        def work() -> Reply:
            return Reply(message_summary(read_again_by_rule(found.public_id, caller=caller)))

        return self.respond(request, work)
