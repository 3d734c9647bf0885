"""A simulated WooCommerce back end: it takes confirmations, notes and status changes, and lists orders."""

from __future__ import annotations

import itertools
from typing import Any

from ..exchange import Request, Response, problem
from .base import Order, Route, SimulatedShop, moment, now, number


class WooCommerce(SimulatedShop):
    """The parts of the WooCommerce REST API v3 that order management uses."""

    name = "woo"

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)
        self.updates: list[Order] = []
        self.notes: list[Order] = []

    def routes(self) -> list[Route]:
        api = "/woo/wp-json/wc/v3"
        return [
            ("GET", api + "/orders", self.list_orders),
            ("GET", api + "/orders/([^/]+)", self.show_order),
            ("PUT", api + "/orders/([^/]+)", self.update_order),
            ("POST", api + "/orders/([^/]+)/notes", self.add_note),
        ]

    def list_orders(self, request: Request) -> Response:
        if asked := request.query.get("include"):
            return Response(200, [self.orders.get(one, {"id": number(one)}) for one in asked.split(",")])
        since = request.query.get("modified_after", "")
        page, size = int(request.query.get("page", "1")), int(request.query.get("per_page", "10"))
        with self._lock:
            found = [one for one in self.orders.values() if moment(_modified(one)) > moment(since)]
            if (status := request.query.get("status", "any")) != "any":
                found = [one for one in found if one.get("status") == status]
        found.sort(key=_modified)
        pages = max(1, -(-len(found) // size))
        headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)}
        return Response(200, found[(page - 1) * size : page * size], headers)

    def show_order(self, request: Request, order_id: str) -> Response:
        order = self.orders.get(order_id)
        return Response(200, order) if order else problem(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")

    def update_order(self, request: Request, order_id: str) -> Response:
        given = request.json()
        with self._lock:
            self.updates.append({"order_id": number(order_id), **given})
            # One never put here is answered, not listed: polling would find an order without anything in it.
            order = self.orders.get(order_id, {"id": number(order_id)})
            order.update(given, date_modified_gmt=now().rstrip("Z"))
        return Response(200, order)

    def add_note(self, request: Request, order_id: str) -> Response:
        given = request.json()
        if not given.get("note"):
            return problem(400, "rest_missing_callback_param", "Missing parameter(s): note")
        with self._lock:
            note = {
                "id": next(self._numbers),
                "author": "orderyard",
                "date_created_gmt": now().rstrip("Z"),
                "note": given["note"],
                "customer_note": bool(given.get("customer_note")),
            }
            self.notes.append({"order_id": number(order_id), **note})
        return Response(201, note)

    def seen(self) -> dict[str, Any]:
        with self._lock:
            return {"orders": len(self.orders), "updates": list(self.updates), "notes": list(self.notes)}


def _modified(order: Order) -> str:
    return str(order.get("date_modified_gmt") or order.get("date_modified") or "")
