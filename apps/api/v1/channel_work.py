"""One channel: how it stands, paused and resumed, its credentials tried, its orders asked for again."""

from __future__ import annotations

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.v1.base import View
from apps.api.v1.shapes.network import ChannelStanding, channel_standing
from apps.api.v1.visibility import find_channel
from apps.channels.services.checking import check_channel
from apps.channels.services.pausing import pause_channel, resume_channel
from apps.channels.services.reconciling import reconcile_channel
from apps.core.api.bodies import BodyModel
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.orders.canonical import Moment

SCOPE = "channels:write"


class ReconcileBody(BodyModel):
    """``since``: within the past year."""

    since: Moment


class OneChannel(View):
    scopes: ClassVar[dict[str, str]] = {"GET": SCOPE}

    @described("get_channel", responses={200: ChannelStanding})
    def get(self, request: Request, channel_ref: str) -> Response:
        """How one channel stands."""
        return Response(channel_standing(find_channel(self.caller(request), channel_ref)))


class PauseChannel(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("pause_channel", responses={200: ChannelStanding}, key=False)
    def post(self, request: Request, channel_ref: str) -> Response:
        """Read and send nothing more of the channel until it is resumed; what comes and what is to be sent waits."""
        caller = self.caller(request)
        found = find_channel(caller, channel_ref)
        return self.respond(request, lambda: Reply(channel_standing(pause_channel(found.pk, actor=caller.actor))))


class ResumeChannel(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("resume_channel", responses={200: ChannelStanding}, key=False)
    def post(self, request: Request, channel_ref: str) -> Response:
        """Read what came meanwhile, in its order, and send what waited."""
        caller = self.caller(request)
        found = find_channel(caller, channel_ref)
        return self.respond(request, lambda: Reply(channel_standing(resume_channel(found.pk, actor=caller.actor))))


class ReconcileChannel(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("reconcile_channel", body=ReconcileBody, responses={200: ChannelStanding}, key=False)
    def post(self, request: Request, channel_ref: str) -> Response:
        """Have the shop asked again for every order that changed since then; what is known is not taken twice.

        How far it has come stands in `reconciling`.
        """
        body, caller = self.body(ReconcileBody, request), self.caller(request)
        found = find_channel(caller, channel_ref)

        def work() -> Reply:
            return Reply(channel_standing(reconcile_channel(found.pk, since=body.since, actor=caller.actor)))

        return self.respond(request, work)


class CheckChannel(View):
    scopes: ClassVar[dict[str, str]] = {"POST": SCOPE}

    @described("check_channel", responses={200: ChannelStanding})
    def post(self, request: Request, channel_ref: str) -> Response:
        """Try the channel's credentials at the shop: whose it is and what is missing. A repeat asks the shop again."""
        caller = self.caller(request)
        return Response(channel_standing(check_channel(find_channel(caller, channel_ref).pk, actor=caller.actor)))
