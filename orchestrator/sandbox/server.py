"""The HTTP server, its addresses, and the handle by which a test steers it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .callbacks import Postman
from .delayed import Clockwork
from .exchange import Request, Response, problem
from .logistics import all_logistics
from .logistics.base import SimulatedLogistics
from .misbehavior import EVERYBODY, Mood, Moods, after, before, parse_mood
from .partners import Life, ThreePl
from .shops import all_shops
from .shops.base import SimulatedShop
from .shops.shopify import Shopify
from .shops.woocommerce import WooCommerce

Action = Callable[..., Response]


class Sandbox:
    """A running sandbox.

    Attributes:
        url: where it listens.
        three_pl: the simulated 3PLs.
        postman: the callbacks they sent.
    """

    def __init__(self, port: int | socket.socket, *, orderyard_url: str, secret: str, life: Life | None) -> None:
        self._stopping = threading.Event()
        self._clockwork = Clockwork()
        self.moods = Moods()
        self.postman = Postman(orderyard_url, self._clockwork)
        self.three_pl = ThreePl(
            postman=self.postman,
            clockwork=self._clockwork,
            moods=self.moods,
            secret=secret,
            life=life,
            pause=self._pause,
        )
        self.shops = all_shops()
        self.logistics = all_logistics()
        self._routes = [(method, re.compile(pattern), action) for method, pattern, action in self._addresses()]
        self._server = _Server(port, self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sandbox", daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def shopify(self) -> Shopify:
        shop = self.shops["shopify"]
        assert isinstance(shop, Shopify)
        return shop

    @property
    def woo(self) -> WooCommerce:
        shop = self.shops["woo"]
        assert isinstance(shop, WooCommerce)
        return shop

    def _pause(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def run(self) -> None:
        """Serve in the background until `stop`."""
        self._thread.start()

    def wait(self) -> None:
        """Block until the server has stopped."""
        self._thread.join()

    def stop(self) -> None:
        """Response nothing any more; what hangs is let go."""
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._clockwork.stop()
        self.postman.close()

    def misbehave(
        self,
        partner: str,
        mode: str,
        *,
        times: int | None = None,
        seconds: float = 0.0,
        only: str = "",
        rate: float = 1.0,
        reason: str = "",
    ) -> None:
        """As `POST /_control`; `normal` ends it."""
        mood = None if mode == "normal" else Mood(mode, times, seconds, only, rate, reason)
        self.moods.set(partner, mood)

    def respond(self, request: Request) -> Response:
        """What the sandbox says to a request; a body it can't read is a 400."""
        for method, pattern, action in self._routes:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                try:
                    return action(request, *[unquote(part) for part in match.groups()])
                except (ValueError, KeyError, TypeError) as error:
                    return problem(400, "malformed", str(error))
        return problem(404, "not_found", f"There is nothing at {request.method} {request.path}.")

    def _addresses(self) -> list[tuple[str, str, Action]]:
        partner = "/3pl/([^/]+)/fulfillment-orders"
        return [
            ("GET", "/", self._health),
            ("GET", "/_control", self._shown),
            ("POST", "/_control", self._control),
            ("GET", "/_seen", self._seen),
            ("POST", "/_orders/([a-z]+)", self._put_orders),
            ("POST", partner, self.three_pl.submit),
            ("GET", partner, self.three_pl.look_up),
            ("POST", partner + "/([^/]+)/cancel", self.three_pl.cancel),
            *self._shop_addresses(),
            *self._logistics_addresses(),
        ]

    def _shop_addresses(self) -> list[tuple[str, str, Action]]:
        return [
            (method, pattern, partial(self._ask_shop, shop, action))
            for shop in self.shops.values()
            for method, pattern, action in shop.routes()
        ]

    def _logistics_addresses(self) -> list[tuple[str, str, Action]]:
        return [
            (method, pattern, partial(self._ask_logistics, company, action))
            for company in self.logistics.values()
            for method, pattern, action in company.routes()
        ]

    def _ask_logistics(self, company: SimulatedLogistics, action: Action, request: Request, *parts: str) -> Response:
        operation = company.operation(request)
        company.asked.append(operation)
        mood = self.moods.take(company.name, operation)
        spoiled = before(mood, self._pause)
        if spoiled is None and mood and mood.mode in ("reject", "refuse_cancel"):
            spoiled = Response(*(company.refuses() if mood.mode == "reject" else company.refuses_to_stop()))
        return spoiled or after(mood, action(request, *parts), self._pause)

    def _ask_shop(self, shop: SimulatedShop, action: Action, request: Request, *parts: str) -> Response:
        mood = self.moods.take(shop.name, shop.operation(request))
        spoiled = before(mood, self._pause)
        return spoiled or after(mood, action(request, *parts), self._pause)

    def _health(self, request: Request) -> Response:
        return Response(200, {"sandbox": "up", "fulfillment_orders": len(self.three_pl.taken)})

    def _control(self, request: Request) -> Response:
        body = request.json()
        partner = str(body.get("partner", EVERYBODY))
        self.moods.set(partner, parse_mood(body))
        if "strict" in body:
            setattr(self.shops[partner], "strict", bool(body["strict"]))  # noqa: B010 - not every shop is that obliging
        return self._shown(request)

    def _shown(self, request: Request) -> Response:
        return Response(200, {"moods": self.moods.shown()})

    def _seen(self, request: Request) -> Response:
        return Response(200, self.seen())

    def seen(self) -> dict[str, Any]:
        """Everything the sandbox received and did, without addresses of people."""
        return {
            "3pl": {
                "requests": list(self.three_pl.requests),
                "fulfillment_orders": [{"key": one.key, **one.booked()} for one in list(self.three_pl.taken.values())],
                "callbacks": [{"type": kind, "status": status} for kind, status in list(self.postman.responses)],
            },
            **{name: one.seen() for name, one in {**self.shops, **self.logistics}.items()},
        }

    def _put_orders(self, request: Request, shop: str) -> Response:
        orders = request.json()["orders"]
        for order in orders:
            self.shops[shop].put(order)
        return Response(201, {"stored": len(orders)})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int | socket.socket, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        if isinstance(port, int):
            super().__init__(("127.0.0.1", port), _Handler)
        else:
            super().__init__(port.getsockname(), _Handler, bind_and_activate=False)
            self.socket.close()
            self.socket = port

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller who hung up is part of the play."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        response = self.server.sandbox.respond(request)
        if response.cut:
            self._cut()
            return
        payload = response.payload
        self.send_response(response.status)
        for name, value in {"Content-Type": "application/json", **response.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _cut(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what came in stands at /_seen, and addresses of people belong in no log."""


def start(
    *,
    port: int | socket.socket = 0,
    orderyard_url: str = "",
    secret: str,
    life: Life | None = None,
) -> Sandbox:
    """Start a sandbox.

    Args:
        port: the port (0: any free one), or a socket that listens already.
        orderyard_url: where callbacks go; empty: they are only kept in `postman.sent`.
        secret: what callbacks are signed with.
        life: when partners act by themselves; None: only on request.
    """
    sandbox = Sandbox(port, orderyard_url=orderyard_url, secret=secret, life=life)
    sandbox.run()
    return sandbox
