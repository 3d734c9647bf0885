"""A simulated Shopify back end: it takes confirmations and changes, and lists orders."""

from __future__ import annotations

import itertools
from typing import Any

from ..exchange import Request, Response
from .base import Order, Route, SimulatedShop, moment, now, number


class Shopify(SimulatedShop):
    """The parts of the Admin REST API that order management uses, with its shapes and field names."""

    name = "shopify"

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(5_000_000_001)
        self._fulfillment_orders: dict[int, str] = {}
        self.fulfillments: list[Order] = []
        self.cancellations: list[Order] = []

    def routes(self) -> list[Route]:
        admin = "/shopify/admin/api/[^/]+"
        return [
            ("GET", admin + r"/orders\.json", self.list_orders),
            ("GET", admin + r"/orders/([^/]+)\.json", self.show_order),
            ("PUT", admin + r"/orders/([^/]+)\.json", self.update_order),
            ("GET", admin + r"/orders/([^/]+)/fulfillment_orders\.json", self.fulfillment_orders),
            ("POST", admin + r"/orders/([^/]+)/cancel\.json", self.cancel_order),
            ("POST", admin + r"/fulfillments\.json", self.create_fulfillment),
        ]

    def list_orders(self, request: Request) -> Response:
        if asked := request.query.get("ids"):
            # One never put here is answered too, as everywhere: only what it holds is unknown.
            return Response(200, {"orders": [self.orders.get(one, {"id": number(one)}) for one in asked.split(",")]})
        since = request.query.get("updated_at_min", "")
        with self._lock:
            found = [one for one in self.orders.values() if moment(one.get("updated_at")) >= moment(since)]
        found.sort(key=lambda one: str(one.get("updated_at", "")))
        return Response(200, {"orders": found[: int(request.query.get("limit", "50"))]})

    def show_order(self, request: Request, order_id: str) -> Response:
        order = self.orders.get(order_id)
        return Response(200, {"order": order}) if order else Response(404, {"errors": "Not Found"})

    def fulfillment_orders(self, request: Request, order_id: str) -> Response:
        """One open fulfillment order with all the order's lines; an order never put here has one without lines."""
        with self._lock:
            known = next((pk for pk, order in self._fulfillment_orders.items() if order == order_id), None)
            pk = known or next(self._numbers)
            self._fulfillment_orders[pk] = order_id
            lines = [
                self._line(pk, line) for line in self.orders.get(order_id, {}).get("line_items", []) if line.get("id")
            ]
        body = {"id": pk, "order_id": number(order_id), "status": "open", "request_status": "unsubmitted"}
        return Response(200, {"fulfillment_orders": [{**body, "line_items": lines}]})

    def _line(self, fulfillment_order: int, line: Order) -> Order:
        quantity = line.get("quantity", 1)
        return {
            "id": int(line["id"]) + 1,
            "fulfillment_order_id": fulfillment_order,
            "line_item_id": line["id"],
            "quantity": quantity,
            "fulfillable_quantity": quantity,
        }

    def create_fulfillment(self, request: Request) -> Response:
        given = request.json().get("fulfillment")
        groups = given.get("line_items_by_fulfillment_order") if isinstance(given, dict) else None
        if not isinstance(given, dict) or not groups:
            return Response(422, {"errors": {"base": ["line_items_by_fulfillment_order is required"]}})
        with self._lock:
            order = self._fulfillment_orders.get(groups[0].get("fulfillment_order_id"))
            if order is None:
                return Response(422, {"errors": {"base": ["Fulfillment order does not exist."]}})
            tracking = given.get("tracking_info") or {}
            fulfillment = {
                "id": next(self._numbers),
                "order_id": number(order),
                "status": "success",
                "created_at": now(),
                "tracking_company": tracking.get("company"),
                "tracking_number": tracking.get("number"),
                "tracking_url": tracking.get("url"),
                "line_items_by_fulfillment_order": groups,
            }
            self.fulfillments.append(fulfillment)
        return Response(201, {"fulfillment": fulfillment})

    def cancel_order(self, request: Request, order_id: str) -> Response:
        with self._lock:
            self.cancellations.append({"order_id": number(order_id), "at": now(), **request.json()})
            order = self.orders.setdefault(order_id, {"id": number(order_id)})
            order["cancelled_at"] = order["updated_at"] = now()
        return Response(200, {"order": order})

    def update_order(self, request: Request, order_id: str) -> Response:
        given = request.json().get("order", {})
        with self._lock:
            order = self.orders.setdefault(order_id, {"id": number(order_id)})
            order.update({name: given[name] for name in ("note", "tags") if name in given}, updated_at=now())
        return Response(200, {"order": order})

    def seen(self) -> dict[str, Any]:
        with self._lock:
            return {
                "orders": len(self.orders),
                "fulfillments": list(self.fulfillments),
                "cancellations": list(self.cancellations),
            }
