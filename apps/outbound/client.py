"""One HTTP exchange with another system: a checked address, a deadline, a limit of size, no proxy, no redirects.

What is promised holds however the other side behaves: one that trickles a byte a second, never ends, answers compressed
beyond measure or resolves to another address a moment later is cut off.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx

from apps.core.text import Text
from apps.outbound import deadlines, guard
from apps.outbound.bodies import BadBody, read_whole
from apps.outbound.errors import DeadlineExceeded, IncompleteResponse, NotSent

CONNECT_S = 2.0
READ_S = 10.0
# With what happens around it, a call is over within ten seconds.
DEADLINE_S = 9.5
MOST_BYTES = 256 * 1024
# With less than that left, nothing is begun that could not end well.
LEAST_S = 1.0


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class RawExchange:
    """What went over the wire last, for the log; ``reply`` None: no whole answer came."""

    method: str = ""
    url: str = ""
    sent: bytes = b""
    reply: Reply | None = None


_wire: ContextVar[RawExchange | None] = ContextVar("outbound_wire", default=None)


@contextlib.contextmanager
def watched() -> Iterator[RawExchange]:
    """Describes the exchanges made inside; of several, of the last."""
    wire = RawExchange()
    token = _wire.set(wire)
    try:
        yield wire
    finally:
        _wire.reset(token)


def links_of(reply: Reply) -> dict[str, dict[str, str]]:
    """What the ``Link`` header refers to, by relation: ``links_of(reply)["next"]["url"]``."""
    return {str(name): dict(link) for name, link in httpx.Response(200, headers=reply.headers).links.items()}


class GuardedTransport(httpx.BaseTransport):
    """Checks the address of every request, and connects to the very IP that was checked.

    The certificate is still checked against the name, and the name is what the other side is asked for.
    """

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        trusted, left_s = bool(request.extensions.get("trusted")), float(request.extensions.get("left_s", READ_S))
        target = _checked(request, trusted, left_s)
        return self._inner.handle_request(
            httpx.Request(
                request.method,
                request.url.copy_with(host=target.ip),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": target.host},
            )
        )


def _checked(request: httpx.Request, trusted: bool, left_s: float) -> guard.Target:
    """Where the name leads. Resolvers know no deadline, so the waiting for them has one."""
    found: Future[guard.Target] = Future()

    def look() -> None:
        try:
            found.set_result(guard.check(str(request.url), trusted=trusted))
        except Exception as error:
            found.set_exception(error)

    threading.Thread(target=look, daemon=True).start()
    try:
        return found.result(timeout=max(0.0, left_s))
    except TimeoutError:
        raise NotSent("its name is not found in time") from None
    except guard.NameNotFound:
        raise NotSent("its name can't be found") from None


_simulated: ContextVar[httpx.Client | None] = ContextVar("outbound_simulated", default=None)


@contextlib.contextmanager
def simulated(network: httpx.BaseTransport) -> Iterator[None]:
    """Inside the block, this thread's exchanges go to ``network``, whatever their address: a simulation's other systems."""
    token = _simulated.set(httpx.Client(transport=network, trust_env=False, follow_redirects=False))
    try:
        yield
    finally:
        _simulated.reset(token)


def _client() -> httpx.Client:
    return _simulated.get() or _real_client()


@lru_cache(maxsize=1)
def _real_client() -> httpx.Client:
    # One for the process: making a client reads all root certificates. A fresh connection each time: on a kept one, the other
    # side closing it just then looks like a cut after sending.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    transport = GuardedTransport(httpx.HTTPTransport(limits=limits, trust_env=False))
    return httpx.Client(transport=transport, trust_env=False, follow_redirects=False)


def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    json: Any = None,
    content: bytes | None = None,
    params: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    deadline_s: float | None = None,
    most_bytes: int = MOST_BYTES,
    head_only: bool = False,
    trusted: bool = True,
) -> Reply:
    """Send one request and read the whole answer before the deadline. Raises NotSent,
    IncompleteResponse, AddressRefused.

    ``trusted``: an administrator set the address up, so it may lead into the networks named in the settings.
    ``head_only``: nobody looks at the body, so none of it is read.
    """
    watchdog = Watchdog(_time_for(DEADLINE_S if deadline_s is None else deadline_s))
    request = _request(method, url, headers=headers, json=json, content=content, params=params)
    left_s = watchdog.left_s()
    timeout = httpx.Timeout(READ_S, connect=min(CONNECT_S, left_s)).as_dict()
    request.extensions |= {"timeout": timeout, "trace": watchdog.notice, "trusted": trusted, "left_s": left_s}
    wire = _wire.get() or RawExchange()
    wire.method, wire.url, wire.sent, wire.reply = method, url, request.content, None
    try:
        with watchdog.watching(), contextlib.closing(_client().send(request, auth=auth, stream=True)) as response:
            body = b"" if head_only else _body(response, most_bytes)
            wire.reply = Reply(response.status_code, response.headers, body)
            return wire.reply
    except (httpx.ConnectTimeout, httpx.PoolTimeout):
        raise NotSent("nothing answers at its address in time") from None
    except httpx.ConnectError:
        raise NotSent("nothing answers at its address") from None
    except httpx.UnsupportedProtocol:
        raise NotSent("its address begins with neither http:// nor https://") from None
    except httpx.HTTPError as error:
        timed_out = watchdog.bit or isinstance(error, httpx.TimeoutException)
        raise IncompleteResponse("timeout" if timed_out else type(error).__name__, timed_out=timed_out) from None
    except BadBody as error:
        raise IncompleteResponse(str(error)) from None


def _body(response: httpx.Response, most_bytes: int) -> bytes:
    return read_whole(response.iter_raw(), response.headers.get("content-encoding", ""), most_bytes)


def _time_for(wanted_s: float) -> float:
    """Seconds for one exchange, within what the whole run has left. Raises OutOfTime."""
    left_s = deadlines.left_s()
    if left_s < LEAST_S:
        raise DeadlineExceeded(Text("no time is left for it"))
    return min(wanted_s, left_s)


def _request(method: str, url: str, *, headers: Mapping[str, str], **given: Any) -> httpx.Request:
    # Only what is unpacked here within a limit is asked for.
    accepted = {"accept-encoding": "gzip", **headers}
    try:
        return _client().build_request(method, url, headers=accepted, **given)
    except httpx.InvalidURL:
        raise NotSent("its address can't be read") from None


class Watchdog:
    """Ends an exchange at its deadline. A read timeout alone does not: it starts again with every byte that trickles in."""

    def __init__(self, deadline_s: float) -> None:
        self._deadline = time.monotonic() + deadline_s
        self._socket: socket.socket | None = None
        self.bit = False

    def left_s(self) -> float:
        return self._deadline - time.monotonic()

    def notice(self, name: str, info: Mapping[str, Any]) -> None:
        """httpcore's trace hook: remember the socket, the encrypted one once there is one."""
        if name in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")
            if self.bit:
                # It came too late for the bite itself.
                self._bite()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        timer = threading.Timer(max(0.0, self.left_s()), self._bite)
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
