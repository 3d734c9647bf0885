"""Two shops on a port of their own, that remember what they were told and can be made to fail in the middle of it."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from orchestrator.sandbox.exchange import Request
from orchestrator.sandbox.shops.shopify import Shopify

Reply = tuple[int, Any, dict[str, str]]
GRAPHQL, WOO = "/admin/api/2026-07/graphql.json", "/wp-json/wc/v3"


@dataclass
class ShopServer:
    """``orders`` by id, in the shop's own shape (Shopify: that of its webhooks). A query of GraphQL counts as a GET and a mutation as
    a POST of ``GRAPHQL`` and the operation's name. ``failures``: replies that take the place of the next answers to a
    request whose method and path begin so; with ``after`` the shop has acted nevertheless. ``page_size``: at most so many on a
    page, whatever is asked for; ``on_list``: what happens in the shop after each list it gives; ``on_shopify``: before Shopify answers a body."""

    url: str = ""
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    failures: list[tuple[str, Reply, bool]] = field(default_factory=list)
    page_size: int = 1000
    tells_pages: bool = True
    pause_s: float = 0.0
    on_list: Callable[[ShopServer], None] | None = None
    on_shopify: Callable[[dict[str, Any]], None] = lambda body: None
    shopify: Shopify = field(default_factory=lambda: _strict(Shopify()))

    def __post_init__(self) -> None:
        self.shopify.orders = self.shopify.desk.orders = self.orders

    @property
    def fulfillments(self) -> list[dict[str, Any]]:
        return self.shopify.fulfillments

    def decline(self, operation: str, root: str, said: str, errors: str = "userErrors") -> None:
        """Have Shopify decline that mutation in its own words."""
        reply = {"data": {root: {errors: [{"field": None, "message": said}]}}}
        self.failures.append((f"POST {GRAPHQL} {operation}", (200, reply, {}), False))

    def fail(self, where: str, status: int, *, after: bool = False, **headers: str) -> None:
        self.failures.append((where, (status, {"errors": "no"}, headers), after))

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> Reply:
        if path == GRAPHQL:
            method = "POST" if str(body["query"]).lstrip().startswith("mutation") else "GET"
            path, query = f"{GRAPHQL} {body['operationName']}", body["variables"]
        time.sleep(self.pause_s)
        self.requests.append((method, path, query))
        failure = next((one for one in self.failures if f"{method} {path}".startswith(one[0])), None)
        if failure is None:
            return self._act(method, path, query, body)
        self.failures.remove(failure)
        if failure[2]:
            self._act(method, path, query, body)
        return failure[1]

    def told(self) -> str:
        """Everything it was told, as text."""
        return json.dumps([self.fulfillments, self.notes, self.orders])

    def asked(self, method: str) -> list[str]:
        return [path for verb, path, _ in self.requests if verb == method]

    def _act(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> Reply:
        if path.startswith(GRAPHQL):
            return self._shopify(body)
        if path == f"{WOO}/orders":
            return self._woo_list(query)
        return self._woo(method, path.removeprefix(f"{WOO}/orders/"), body)

    def _shopify(self, body: dict[str, Any]) -> Reply:
        shop = self.shopify
        # A test may have put another dictionary in its place.
        shop.orders = shop.desk.orders = self.orders
        shop.page_size = self.page_size
        shop.on_list = lambda: self.on_list(self) if self.on_list is not None else None
        self.on_shopify(body)
        said = shop.answer(Request("POST", "", {}, {}, json.dumps(body).encode()), "2026-07")
        return said.status, said.body, dict(said.headers)

    def _woo_list(self, query: dict[str, str]) -> Reply:
        """Pages as WooCommerce does: by number, those in the bin apart, orders of one second in no order of their own."""
        if "include" in query:
            wanted = [self.orders[one] for one in query["include"].split(",") if one in self.orders]
            return 200, [one for one in wanted if one["status"] != "trash"], {}
        after, before = query["modified_after"], query.get("modified_before", "9")
        found = [one for one in self.orders.values() if after < str(one["date_modified_gmt"]) < before]
        found = [one for one in found if (one["status"] == "trash") == (query["status"] == "trash")]
        random.shuffle(found)
        found.sort(key=lambda one: one["id"] if query["orderby"] == "id" else str(one["date_modified_gmt"]))
        size, page = min(int(query["per_page"]), self.page_size), int(query["page"])
        headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(-(-len(found) // size))}
        if self.on_list is not None:
            self.on_list(self)
        return 200, found[(page - 1) * size : page * size], headers if self.tells_pages else {}

    def _woo(self, method: str, path: str, body: dict[str, Any]) -> Reply:
        order_id, _, what = path.partition("/")
        order = self.orders.get(order_id)
        if order is None:
            return 404, {"code": "woocommerce_rest_shop_order_invalid_id"}, {}
        if what == "refunds":
            return 200, order.get("refund_details", []), {}
        if what == "notes" and method == "POST":
            self.notes.append(body)
            return 201, body, {}
        if what == "notes":
            return 200, self.notes, {}
        order.update(body)
        return 200, order, {}


def _strict(shop: Shopify) -> Shopify:
    shop.strict, shop.restores, shop.most_in_bucket, shop.bucket = True, 1e6, 1e6, 1e6
    return shop


@contextmanager
def shop_server(shop: ShopServer | None = None) -> Iterator[ShopServer]:
    shop = shop or ShopServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(shop))
    shop.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(shop: ShopServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            shop.headers.append(dict(self.headers.items()))
            is_form = self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
            read = dict(parse_qsl(raw.decode())) if is_form else json.loads(raw or b"{}")
            status, body, headers = shop.answer(self.command, parts.path, dict(parse_qsl(parts.query)), read)
            payload = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(payload)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(payload)

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def do_PUT(self) -> None:
            self._serve()

        def log_message(self, *_: object) -> None:
            """Silent."""

    return Handler
