"""Two shops on a port of their own, that remember what they were told and can be made to fail in the middle of it."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

Reply = tuple[int, Any, dict[str, str]]
ADMIN, WOO = "/admin/api/2024-10", "/wp-json/wc/v3"


@dataclass
class ShopServer:
    """``orders`` by id, in the shop's own shape. ``failures``: replies that take the place of the next answers to a
    request whose method and path begin so; with ``after`` the shop has acted nevertheless. ``page_size``: at most so many on a
    page, whatever is asked for; ``on_list``: what happens in the shop after each list it gives."""

    url: str = ""
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    fulfillments: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    failures: list[tuple[str, Reply, bool]] = field(default_factory=list)
    page_size: int = 1000
    tells_pages: bool = True
    on_list: Callable[[ShopServer], None] | None = None

    def fail(self, where: str, status: int, *, after: bool = False, **headers: str) -> None:
        self.failures.append((where, (status, {"errors": "no"}, headers), after))

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> Reply:
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
        if path == f"{ADMIN}/orders.json":
            return self._shopify_list(query)
        if path == f"{WOO}/orders":
            return self._woo_list(query)
        if path.startswith(ADMIN):
            return self._shopify(method, path.removeprefix(ADMIN), body)
        return self._woo(method, path.removeprefix(f"{WOO}/orders/"), body)

    def _shopify_list(self, query: dict[str, str]) -> Reply:
        """Pages as Shopify does: the next one is named by a Link, which begins after the last order of this one."""
        if "ids" in query:
            return 200, {"orders": [self.orders[one] for one in query["ids"].split(",") if one in self.orders]}, {}
        if "since_id" in query:
            by_id = sorted(self.orders.values(), key=lambda one: int(one["id"]))
            page = [one for one in by_id if int(one["id"]) > int(query["since_id"])][: self.page_size]
            return 200, {"orders": page}, {}
        since, _, after = query.get("page_info", query.get("updated_at_min", "")).partition("|")
        found = sorted((str(one["updated_at"]), int(one["id"]), one) for one in self.orders.values())
        found = [one for one in found if one[0] >= since and f"{one[0]}/{one[1]:012}" > after]
        size = min(int(query["limit"]), self.page_size)
        shown, rest = found[:size], found[size:]
        if self.on_list is not None:
            self.on_list(self)
        mark = f"{since}|{shown[-1][0]}/{shown[-1][1]:012}" if shown else ""
        link = f'<{self.url}{ADMIN}/orders.json?limit=250&page_info={quote(mark)}>; rel="next"' if rest else ""
        return 200, {"orders": [one for _, _, one in shown]}, {"Link": link} if link and self.tells_pages else {}

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

    def _shopify(self, method: str, path: str, body: dict[str, Any]) -> Reply:
        if path == "/fulfillments.json":
            return self._fulfill(body["fulfillment"])
        order_id, _, what = path.removeprefix("/orders/").removesuffix(".json").partition("/")
        order = self.orders.get(order_id)
        if order is None:
            return 404, {"errors": "Not Found"}, {}
        if what == "fulfillments":
            return 200, {"fulfillments": self.fulfillments}, {}
        if what == "fulfillment_orders":
            return 200, {"fulfillment_orders": order.get("split") or [self._whole(order)]}, {}
        if what == "cancel":
            order["cancelled_at"] = "2026-11-02T10:00:00Z"
        if method == "PUT":
            order.update(body["order"])
        return 200, {"order": order}, {}

    def _whole(self, order: dict[str, Any]) -> dict[str, Any]:
        lines = [
            {"id": line["id"] * 10, "line_item_id": line["id"], "fulfillable_quantity": line["left"]}
            for line in order["line_items"]
        ]
        return {"id": 900, "status": order.get("fo_status", "open"), "line_items": lines}

    def _fulfill(self, fulfillment: dict[str, Any]) -> Reply:
        for group in fulfillment["line_items_by_fulfillment_order"]:
            for entry in group["fulfillment_order_line_items"]:
                line = next(
                    one
                    for order in self.orders.values()
                    for one in order["line_items"]
                    if one["id"] * 10 == entry["id"]
                )
                if entry["quantity"] > line["left"]:
                    return 422, {"errors": ["Invalid fulfillment order line item quantity requested."]}, {}
                line["left"] -= entry["quantity"]
        tracking = fulfillment.get("tracking_info", {})
        self.fulfillments.append(fulfillment | {"tracking_number": tracking.get("number")})
        return 201, {"fulfillment": fulfillment}, {}

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
            status, body, headers = shop.answer(
                self.command, parts.path, dict(parse_qsl(parts.query)), json.loads(raw or b"{}")
            )
            payload = json.dumps(body).encode()
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
