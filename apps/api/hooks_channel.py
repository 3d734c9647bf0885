"""The endpoint by which channels bring orders: verify, store, acknowledge. Reading is the workers' business."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.channels.errors import BadSignature
from apps.channels.framework.registry import adapter_of
from apps.channels.services.receiving import answer_challenge, receive_message
from apps.core import clock
from apps.core.api.parsers import BodyTooLarge
from apps.core.client_address import remote_of
from apps.core.refused_webhooks import note_refused

MOST_BYTES = 2 * 1024 * 1024


class ChannelHook(APIView):
    """One webhook of a channel. 200 says that it is kept; a repeat is counted and changes nothing."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whatever the sender claims to accept, it gets its response."""
        return super().perform_content_negotiation(request, force=True)

    def get(self, request: Request, kind: str, channel_code: str) -> Response:
        """The vendor asks whether this address is ours."""
        ours = settings.ORDERYARD["URL"].rstrip("/") + request.path
        said = answer_challenge(kind, channel_code, request.query_params, ours)
        if said is None:
            raise MethodNotAllowed("GET")
        return Response(said)

    def post(self, request: Request, kind: str, channel_code: str) -> Response:
        raw = request._request.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise BodyTooLarge(limit=MOST_BYTES)
        headers = request._request.headers
        try:
            received = receive_message(kind, channel_code, headers, raw, now=clock.now())
        except BadSignature as refused:
            topics, remote = adapter_of(kind).messages.topics, remote_of(request._request)
            note_refused(f"channel:{channel_code}", refused.reason, topic=topics.named_in(headers), remote=remote)
            raise
        return Response({"message": received.message_ref, "repeat": received.repeat})
