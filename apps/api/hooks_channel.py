"""The door by which channels bring orders: verify, store, acknowledge. Reading is the workers' business."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.channels.services.receiving import receive_message
from apps.core import clock
from apps.core.api.parsers import BodyTooLarge

MOST_BYTES = 2 * 1024 * 1024


class ChannelHook(APIView):
    """One webhook of a channel. 200 says that it is kept; a repeat is counted and changes nothing."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whatever the sender claims to accept, it gets its answer."""
        return super().perform_content_negotiation(request, force=True)

    def post(self, request: Request, kind: str, channel_code: str) -> Response:
        raw = request._request.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise BodyTooLarge(limit=MOST_BYTES)
        received = receive_message(kind, channel_code, request._request.headers, raw, now=clock.now())
        return Response({"message": received.message_ref, "repeat": received.repeat})
