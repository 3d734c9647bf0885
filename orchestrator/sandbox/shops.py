"""Simulated Shopify and WooCommerce back ends: they take confirmations, notes and status changes, and list orders."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime
from typing import Any

from .exchange import Request, Response, problem

Order = dict[str, Any]


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Shopify:
    """The parts of the Admin REST API that order management uses, with its shapes and field names."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(5_000_000_001)
        self._fulfillment_orders: dict[int, str] = {}
        self.orders: dict[str, Order] = {}
        self.fulfillments: list[Order] = []
        self.cancellations: list[Order] = []

    def put(self, order: Order) -> None:
        """Make an order known, so that polling finds it."""
        with self._lock:
            self.orders[str(order["id"])] = order

    def list_orders(self, request: Request) -> Response:
        if asked := request.query.get("ids"):
            # One never put here is answered too, as everywhere: only what it holds is unknown.
            return Response(200, {"orders": [self.orders.get(one, {"id": _number(one)}) for one in asked.split(",")]})
        since = request.query.get("updated_at_min", "")
        with self._lock:
            found = [one for one in self.orders.values() if _moment(one.get("updated_at")) >= _moment(since)]
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
        body = {"id": pk, "order_id": _number(order_id), "status": "open", "request_status": "unsubmitted"}
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
                "order_id": _number(order),
                "status": "success",
                "created_at": _now(),
                "tracking_company": tracking.get("company"),
                "tracking_number": tracking.get("number"),
                "tracking_url": tracking.get("url"),
                "line_items_by_fulfillment_order": groups,
            }
            self.fulfillments.append(fulfillment)
        return Response(201, {"fulfillment": fulfillment})

    def cancel_order(self, request: Request, order_id: str) -> Response:
        with self._lock:
            self.cancellations.append({"order_id": _number(order_id), "at": _now(), **request.json()})
            order = self.orders.setdefault(order_id, {"id": _number(order_id)})
            order["cancelled_at"] = order["updated_at"] = _now()
        return Response(200, {"order": order})

    def update_order(self, request: Request, order_id: str) -> Response:
        given = request.json().get("order", {})
        with self._lock:
            order = self.orders.setdefault(order_id, {"id": _number(order_id)})
            order.update({name: given[name] for name in ("note", "tags") if name in given}, updated_at=_now())
        return Response(200, {"order": order})

    def seen(self) -> dict[str, Any]:
        with self._lock:
            return {
                "orders": len(self.orders),
                "fulfillments": list(self.fulfillments),
                "cancellations": list(self.cancellations),
            }


class Woo:
    """The parts of the WooCommerce REST API v3 that order management uses."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self.orders: dict[str, Order] = {}
        self.updates: list[Order] = []
        self.notes: list[Order] = []

    def put(self, order: Order) -> None:
        """Make an order known, so that polling finds it."""
        with self._lock:
            self.orders[str(order["id"])] = order

    def list_orders(self, request: Request) -> Response:
        if asked := request.query.get("include"):
            return Response(200, [self.orders.get(one, {"id": _number(one)}) for one in asked.split(",")])
        since = request.query.get("modified_after", "")
        page, size = int(request.query.get("page", "1")), int(request.query.get("per_page", "10"))
        with self._lock:
            found = [one for one in self.orders.values() if _moment(_modified(one)) > _moment(since)]
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
            self.updates.append({"order_id": _number(order_id), **given})
            # One never put here is answered, not listed: polling would find an order without anything in it.
            order = self.orders.get(order_id, {"id": _number(order_id)})
            order.update(given, date_modified_gmt=_now().rstrip("Z"))
        return Response(200, order)

    def add_note(self, request: Request, order_id: str) -> Response:
        given = request.json()
        if not given.get("note"):
            return problem(400, "rest_missing_callback_param", "Missing parameter(s): note")
        with self._lock:
            note = {
                "id": next(self._numbers),
                "author": "orderyard",
                "date_created_gmt": _now().rstrip("Z"),
                "note": given["note"],
                "customer_note": bool(given.get("customer_note")),
            }
            self.notes.append({"order_id": _number(order_id), **note})
        return Response(201, note)

    def seen(self) -> dict[str, Any]:
        with self._lock:
            return {"orders": len(self.orders), "updates": list(self.updates), "notes": list(self.notes)}


def _modified(order: Order) -> str:
    return str(order.get("date_modified_gmt") or order.get("date_modified") or "")


def _moment(text: object) -> datetime:
    """ISO 8601, naive taken as UTC; nothing is the beginning of time."""
    if not text:
        return datetime.min.replace(tzinfo=UTC)
    found = datetime.fromisoformat(str(text))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _number(text: str) -> int | str:
    return int(text) if text.isdigit() else text
