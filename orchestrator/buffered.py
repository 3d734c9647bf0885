"""The product behind an ASGI server: requests are read whole on the event loop, then handled by a thread.

Django's own way is the synchronous one throughout; only reading and sending, which last as long as the caller likes, happen
on the event loop. Machines, people and health checks have threads and queues of their own, so that none keeps another waiting.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from django.core import signals
from django.core.handlers.asgi import get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import HttpResponseBadRequest
from django.urls import set_script_prefix

from apps.core.machine_calls import is_machine_call
from orchestrator.bodies import BodyReader, Receive, Scope
from orchestrator.requests import WebRequest
from orchestrator.responses import Refused, Response, Send, json_response, response_from

log = logging.getLogger(__name__)

MACHINES_THREADS = 3
PEOPLE_THREADS = 2
# Whole requests that may wait for a thread at one server; the next is asked to come again.
MOST_WAITING = 200
READY_S = 1.8


class Door:
    """A few threads, and a queue before them that does not grow without end."""

    def __init__(self, name: str, threads: int, waiting: int = MOST_WAITING) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = threads + waiting
        self._inside = 0

    async def run(self, work: Callable[..., Response], *given: Any) -> Response:
        """Have a thread do it.

        Raises:
            Refused: too many wait already.
        """
        if self._inside >= self._most:
            raise Refused(503, "busy", "Too many requests are waiting; try again.", retry_after_s=1)
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)
        finally:
            self._inside -= 1


class BufferedApplication(BaseHandler):
    """An ASGI application. Serve it without the lifespan protocol, which it has no use for."""

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware()
        self._bodies = BodyReader()
        self._machines = Door("machines", MACHINES_THREADS)
        self._people = Door("people", PEOPLE_THREADS)
        self._health = Door("health", 1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._respond(scope, receive)
        except Refused as refusal:
            log.warning("refused %s %s: %s", scope["method"], scope["path"][:200], refusal.code)
            response = refusal.to_response()
        await response.send(send)

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        path = scope["path"]
        if path == "/health/live":
            # Here and not in a thread: whatever keeps the threads busy, this process lives.
            return json_response(200, {"status": "live"})
        async with self._bodies.read(scope, receive) as body:
            if path == "/health/ready":
                return await self._ready(scope, body)
            return await self._door_for(scope).run(self._serve, scope, body)

    def _door_for(self, scope: Scope) -> Door:
        authorization = dict(scope["headers"]).get(b"authorization", b"").decode("latin1")
        return self._machines if is_machine_call(scope["path"], authorization) else self._people

    async def _ready(self, scope: Scope, body: IO[bytes]) -> Response:
        """What the product says of itself, or that it can't even say that in time."""
        try:
            async with asyncio.timeout(READY_S):
                return await self._health.run(self._serve, scope, body)
        except TimeoutError:
            reasons = ["the database does not answer"]
            return json_response(503, {"status": "not ready", "reasons": reasons}, headers={"Retry-After": "5"})

    def _serve(self, scope: Scope, body: IO[bytes]) -> Response:
        """In a thread: the request through Django and back."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        try:
            response = self.get_response(WebRequest(scope, body))
        except UnicodeDecodeError:
            response = HttpResponseBadRequest()
        return response_from(response)
