"""One HTTP exchange with another system: a guarded address, a deadline, a limit of size, no redirects."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx

from apps.core import guard

CONNECT_S = 2.0
READ_S = 10.0
# With what happens around it, a call is over within ten seconds.
DEADLINE_S = 9.5
MOST_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


def links_of(reply: Reply) -> dict[str, dict[str, str]]:
    """What the ``Link`` header refers to, by relation: ``links_of(reply)["next"]["url"]``."""
    return {str(name): dict(link) for name, link in httpx.Response(200, headers=reply.headers).links.items()}


class NotSent(Exception):
    """The other side was never reached."""


class CutShort(Exception):
    """Something was sent, and no whole answer came back. ``timed_out``: within the time allowed."""

    def __init__(self, detail: str, *, timed_out: bool = False) -> None:
        super().__init__(detail)
        self.timed_out = timed_out


class GuardedTransport(httpx.HTTPTransport):
    """Checks the address of every request, and connects to the very IP that was checked.

    The certificate is still checked against the name, and the name is what the other side is asked for.
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            target = guard.check(str(request.url), trusted=True)
        except guard.NameNotFound:
            raise httpx.ConnectError("its name can't be found", request=request) from None
        return super().handle_request(
            httpx.Request(
                request.method,
                request.url.copy_with(host=target.ip),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": target.host},
            )
        )


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    # One for the process: making a client reads all root certificates. A fresh connection each time: on a kept one, the other
    # side closing it just then looks like a cut after sending.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
    transport = GuardedTransport(limits=limits, trust_env=False)
    return httpx.Client(transport=transport, timeout=timeout, trust_env=False, follow_redirects=False)


def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    json: Any = None,
    params: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    deadline_s: float | None = None,
    most_bytes: int = MOST_BYTES,
) -> Reply:
    """Send one request and read the whole answer before the deadline. Raises NotSent, CutShort, AddressRefused."""
    watchdog = Watchdog(DEADLINE_S if deadline_s is None else deadline_s)
    request = _client().build_request(method, url, headers=dict(headers), json=json, params=params)
    request.extensions["trace"] = watchdog.notice
    try:
        with watchdog.watching(), contextlib.closing(_client().send(request, auth=auth, stream=True)) as response:
            return Reply(response.status_code, response.headers, _read(response, most_bytes))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
        raise NotSent(type(error).__name__) from None
    except httpx.HTTPError as error:
        timed_out = watchdog.bit or isinstance(error, httpx.TimeoutException)
        raise CutShort("timeout" if timed_out else type(error).__name__, timed_out=timed_out) from None


def _read(response: httpx.Response, most_bytes: int) -> bytes:
    parts, length = [], 0
    for chunk in response.iter_bytes():
        parts.append(chunk)
        length += len(chunk)
        if length > most_bytes:
            raise CutShort("answer too large")
    return b"".join(parts)


class Watchdog:
    """Ends an exchange at its deadline. A read timeout alone does not: it starts anew with every byte that trickles in."""

    def __init__(self, deadline_s: float) -> None:
        self._deadline = time.monotonic() + deadline_s
        self._socket: socket.socket | None = None
        self.bit = False

    def notice(self, name: str, info: Mapping[str, Any]) -> None:
        """httpcore's trace hook: remember the socket, the encrypted one once there is one."""
        if name in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        timer = threading.Timer(max(0.0, self._deadline - time.monotonic()), self._bite)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _bite(self) -> None:
        self.bit = True
        if self._socket is not None:
            # Closing would not wake the reader in the other thread; this does.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
