"""What is quarantined by kind of problem, all of a kind read again, and how far that is."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1.base import Listing, View
from apps.api.v1.shapes.messages import MessagePage, MessageSummary, message_summary
from apps.api.v1.shapes.quarantine import ProblemKinds, ReplayOut, problem_kind, replay
from apps.casework import visibility
from apps.casework.resolutions.direct.cases import read_all_again_by_rule
from apps.channels.models import InboxMessage
from apps.contracts.errors import NothingToReplay, ReplayNotFound
from apps.contracts.models import ReplayJob
from apps.contracts.selectors import kind_by_key, of_kind, problem_kinds
from apps.contracts.services.replaying import stop_replay
from apps.core.api.filters import Filters, refuse_unknown
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.core.errors import NotFound


class Quarantine(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "inbox:read"}

    @described("list_quarantine", responses={200: ProblemKinds})
    def get(self, request: Request) -> Response:
        """What could not be read, by what is wrong with it."""
        refuse_unknown(request, frozenset())
        kinds = problem_kinds(visibility.messages(self.caller(request)))
        return Response(ProblemKinds(items=[problem_kind(one) for one in kinds]))


class MessagesOfKind(Listing[InboxMessage]):
    scopes: ClassVar[dict[str, str]] = {"GET": "inbox:read"}
    filters = Filters
    sorts: ClassVar[dict[str, str]] = {"-received_at": "pk"}
    page = MessagePage

    def rows(self, caller: Caller) -> QuerySet[InboxMessage]:
        found = kind_by_key(problem_kinds(visibility.messages(caller)), self.kwargs["key"])
        if found is None:
            raise NotFound(what="kind of problem")
        return of_kind(visibility.messages(caller), found).select_related("channel").defer("body", "headers")

    def render(self, rows: list[InboxMessage], caller: Caller) -> list[MessageSummary]:
        return [message_summary(row) for row in rows]


class ReplayKind(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "inbox:replay"}

    @described("replay_quarantine", responses={202: ReplayOut}, key=False)
    def post(self, request: Request, key: str) -> Response:
        """Have all messages of a kind read again, by the contracts as they are now, part by part.

        Where a job of the same caller about the same is under way, it is that one.
        """
        caller = self.caller(request)

        def work() -> Reply:
            rows = visibility.messages(caller)
            found = kind_by_key(problem_kinds(rows), key)
            if found is None:
                raise NothingToReplay()
            return Reply(replay(read_all_again_by_rule(of_kind(rows, found), kind=found, caller=caller)), 202)

        return self.respond(request, work)


class OneReplay(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "inbox:read"}

    @described("get_replay", responses={200: ReplayOut})
    def get(self, request: Request, replay_ref: str) -> Response:
        """How far a job is, and what became of the messages."""
        return Response(replay(_find(self.caller(request), replay_ref)))


class StopReplay(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "inbox:replay"}

    @described("stop_replay", responses={200: ReplayOut}, key=False)
    def post(self, request: Request, replay_ref: str) -> Response:
        """Send no more of it to be read; what was sent is read. Twice is once."""
        caller = self.caller(request)
        found = _find(caller, replay_ref)
        return self.respond(request, lambda: Reply(replay(stop_replay(found.public_id, actor=caller.actor))))


def _find(caller: Caller, ref: str) -> ReplayJob:
    """Raises ReplayNotFound."""
    row = visibility.replays(caller).filter(public_id=ref).first()
    if row is None:
        raise ReplayNotFound(job=ref)
    return row
