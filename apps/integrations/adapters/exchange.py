"""One HTTP exchange under a deadline, sorted into what it means for what was sent."""

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


class NotSent(Exception):
    """The other side was never reached."""


class CutShort(Exception):
    """Something was sent, and no whole answer came back. ``timed_out``: within the time allowed."""

    def __init__(self, detail: str, *, timed_out: bool = False) -> None:
        super().__init__(detail)
        self.timed_out = timed_out


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    # A fresh connection each time: on a kept one, the other side closing it just then looks like a cut after sending.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
    return httpx.Client(limits=limits, timeout=timeout, trust_env=False, follow_redirects=False)


def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    json: Any = None,
    params: Mapping[str, str] | None = None,
) -> Reply:
    """Send one request and read the whole answer before the deadline. Raises NotSent, CutShort."""
    watchdog = _Watchdog(DEADLINE_S)
    request = _client().build_request(method, url, headers=dict(headers), json=json, params=params)
    request.extensions["trace"] = watchdog.notice
    try:
        with watchdog.watching(), contextlib.closing(_client().send(request, stream=True)) as response:
            return Reply(response.status_code, response.headers, _read(response))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
        raise NotSent(type(error).__name__) from None
    except httpx.HTTPError as error:
        timed_out = watchdog.bit or isinstance(error, httpx.TimeoutException)
        raise CutShort("timeout" if timed_out else type(error).__name__, timed_out=timed_out) from None


def _read(response: httpx.Response) -> bytes:
    body = b""
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise CutShort("answer too large")
    return body


class _Watchdog:
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
