"""The network of the simulation: what the product sends out reaches simulated partners in the same process."""

from __future__ import annotations

import math
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote

import httpx

from apps.core import clock
from orchestrator.sandbox.exchange import Request, Response

Answer = Callable[[Request], Response]


class TooSlow(Exception):
    """The other side would still be at it when the caller has hung up."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Wire(httpx.BaseTransport):
    """Hands each request over. ``around`` is called before and after: there the caller may die, and others may act.

    A request whose answer takes longer than the caller waits is given to ``late``: the other side does it all the same.
    """

    def __init__(
        self, answer: Answer, *, around: Callable[[str], None], late: Callable[[float, Request], None]
    ) -> None:
        self._answer, self._around, self._late = answer, around, late
        self._left_s = math.inf

    def pause(self, seconds: float) -> None:
        """The other side takes its time."""
        if seconds >= self._left_s:
            clock.sleep(self._left_s)
            raise TooSlow(seconds - self._left_s)
        clock.sleep(seconds)

    def arrive_late(self, request: Request) -> None:
        """The caller has hung up; it is done all the same."""
        self._left_s = math.inf
        self._answer(request)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = _request(request)
        # A real watchdog counts down from here; its microseconds would differ each time.
        self._left_s = math.ceil(float(request.extensions["left_s"]) * 2) / 2
        self._around("request")
        try:
            response = self._answer(asked)
        except TooSlow as slow:
            self._late(slow.seconds, asked)
            raise httpx.ReadTimeout("nobody answered in time", request=request) from None
        self._around("response")
        if response.cut:
            raise httpx.ReadError("the connection was cut", request=request)
        headers = {"content-type": "application/json", **response.headers}
        return httpx.Response(
            response.status, headers=headers, stream=httpx.ByteStream(response.payload), request=request
        )


def _request(request: httpx.Request) -> Request:
    query = dict(parse_qsl(request.url.query.decode()))
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(request.method, unquote(request.url.path), query, headers, request.read())
