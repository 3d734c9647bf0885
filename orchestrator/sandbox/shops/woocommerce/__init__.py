"""A simulated WooCommerce back end: it takes confirmations, notes and status changes, and lists orders."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from ...exchange import Request, Response, problem
from ..base import Order, Route, SimulatedShop, moment, now, number
from .office import Office
from .shelf import Shelf


class WooCommerce(SimulatedShop):
    """The parts of the WooCommerce REST API v3 that order management uses, with its shapes and refusals.

    ``strict``: an order that was never put here does not exist; otherwise it is answered, with nothing in it, as the demo sends
    orders of which no shop knows. ``page_size``: at most so many orders on a page, whatever is asked for.
    """

    name = "woo"

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)
        self.strict, self.page_size = False, 100
        self.shelf, self.office = Shelf(self._numbers), Office(self._numbers)
        self.updates: list[Order] = []
        self.notes: list[Order] = []

    def routes(self) -> list[Route]:
        api, tracking = "/woo/wp-json/wc/v3", "/woo/wp-json/wc-shipment-tracking/v3/orders/([^/]+)/shipment-trackings"
        products, shelf, office = api + "/products", self.shelf, self.office
        asked = [
            ("GET", api + "/orders", self.list_orders),
            ("POST", api + "/orders", self.create_order),
            ("GET", api + "/orders/([^/]+)", self.show_order),
            ("PUT", api + "/orders/([^/]+)", self.update_order),
            ("GET", api + "/orders/([^/]+)/notes", self.list_notes),
            ("POST", api + "/orders/([^/]+)/notes", self.add_note),
            ("GET", api + "/orders/([^/]+)/refunds", self.list_refunds),
            ("GET", tracking, office.list_trackings),
            ("POST", tracking, office.add_tracking),
            ("GET", products, shelf.list_products),
            ("POST", products + "/batch", shelf.change_products),
            ("GET", products + r"/(\d+)/variations", shelf.list_variations),
            ("POST", products + r"/(\d+)/variations/batch", shelf.change_variations),
            ("POST", api + "/(orders|webhooks)/batch", office.empty_batch),
            ("GET", api + "/settings/general", office.general),
            ("GET", api + "/settings/(?:general|products)/woocommerce_(currency|weight_unit)", shelf.setting),
            ("GET", api + "/webhooks", office.list_hooks),
            ("POST", api + "/webhooks", office.create_hook),
            ("PUT", api + r"/webhooks/(\d+)", office.change_hook),
            ("GET", "/woo/wp-json/", office.index),
        ]
        known: list[Route] = [(method, path, self._known(action)) for method, path, action in asked]
        return [*known, ("POST", "/_catalog/woo", self._put_catalog)]

    def _known(self, action: Callable[..., Response]) -> Callable[..., Response]:
        """Only for keys the shop knows; one at a time."""

        def answer(request: Request, *parts: str) -> Response:
            refused = self.office.refusal(request)
            if refused is not None:
                return refused
            return action(request, *parts)

        return answer

    def _put_catalog(self, request: Request) -> Response:
        items = request.json()["items"]
        for one in items:
            self.shelf.put(one)
        return Response(201, {"stored": len(items)})

    def list_orders(self, request: Request) -> Response:
        if asked := request.query.get("include"):
            found = {
                one: self.orders.get(one) or ({} if self.strict else {"id": number(one)}) for one in asked.split(",")
            }
            return Response(200, [one for one in found.values() if one and one.get("status") != "trash"])
        since = request.query.get("modified_after", "")
        page, size = int(request.query.get("page", "1")), int(request.query.get("per_page", "10"))
        size = min(size, self.page_size)
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

    def create_order(self, request: Request) -> Response:
        given, pk = request.json(), next(self._numbers)
        lines = []
        for one in given["line_items"]:
            product = self.shelf.products.get(one["product_id"])
            if product is None:
                return problem(400, "woocommerce_rest_required_product_reference", "Product ID or SKU is required.")
            total = f"{float(product['price']) * one['quantity']:.2f}"
            line = {
                "id": next(self._numbers),
                "name": product["name"],
                "sku": product["sku"],
                "quantity": one["quantity"],
            }
            lines.append({**line, "subtotal": total, "total": total, "total_tax": "0.00", "meta_data": []})
        total = f"{sum(float(one['total']) for one in lines):.2f}"
        order = {
            "id": pk, "number": str(pk), "currency": "GBP", "prices_include_tax": True, "customer_id": 0, "total": total,
            "total_tax": "0.00", "shipping_total": "0.00", "shipping_tax": "0.00", "payment_method": "", "shipping_lines": [],
            "fee_lines": [], "refunds": [], "date_created_gmt": now().rstrip("Z"), "date_modified_gmt": now().rstrip("Z"),
            "date_paid_gmt": None, **given, "line_items": lines,
        }  # fmt: skip
        self.put(order)
        return Response(201, order)

    def update_order(self, request: Request, order_id: str) -> Response:
        given = request.json()
        with self._lock:
            if self.strict and order_id not in self.orders:
                return problem(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
            self.updates.append({"order_id": number(order_id), **given})
            # One never put here is answered, not listed: polling would find an order without anything in it.
            order = self.orders.get(order_id, {"id": number(order_id)})
            order.update(given, date_modified_gmt=now().rstrip("Z"))
        return Response(200, order)

    def list_notes(self, request: Request, order_id: str) -> Response:
        return Response(200, [one for one in self.notes if str(one["order_id"]) == order_id])

    def list_refunds(self, request: Request, order_id: str) -> Response:
        return Response(200, self.orders.get(order_id, {}).get("refund_details", []))

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
            return {
                "orders": len(self.orders),
                "updates": list(self.updates),
                "notes": list(self.notes),
                "stock": list(self.shelf.received),
                "webhooks": [{**one, "secret": None} for one in self.office.hooks.values()],
                "trackings": dict(self.office.trackings),
            }


def _modified(order: Order) -> str:
    return str(order.get("date_modified_gmt") or order.get("date_modified") or "")
