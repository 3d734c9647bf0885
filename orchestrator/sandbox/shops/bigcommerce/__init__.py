"""A simulated BigCommerce store: orders by its version 2, everything else by version 3."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from email.utils import format_datetime
from typing import Any

from ...exchange import Request, Response
from ..base import Order, Route, SimulatedShop, moment, now
from .back_office import BackOffice
from .shelf import Shelf

NAMES = {
    0: "Incomplete", 1: "Pending", 2: "Shipped", 3: "Partially Shipped", 4: "Refunded", 5: "Cancelled", 6: "Declined",
    7: "Awaiting Payment", 8: "Awaiting Pickup", 9: "Awaiting Shipment", 10: "Completed", 11: "Awaiting Fulfillment",
    12: "Manual Verification Required", 13: "Disputed", 14: "Partially Refunded",
}  # fmt: skip
# Kept at addresses of their own, and of what is said beside them.
_APART = ("products", "consignments", "fees")


class BigCommerce(SimulatedShop):
    """``orders`` joined with their products, consignments and fees. ``page_size``: at most so many on a page, whatever is asked for;
    ``on_list``: called after each list it gives. ``calls_left``: how many it still takes before it says that too many were made;
    None: any."""

    name = "bigcommerce"

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)
        self.shelf, self.office = Shelf(self._numbers), BackOffice(self._numbers)
        self.page_size = 250
        self.on_list: Callable[[], None] = lambda: None
        self.calls_left: int | None = None
        self.reset_ms = 15_000
        self.shipments: list[Order] = []
        self.updates: list[Order] = []

    def routes(self) -> list[Route]:
        orders, products, stock = "/bigcommerce/v2/orders", "/bigcommerce/v3/catalog", "/bigcommerce/v3/inventory"
        shelf, office, one = self.shelf, self.office, r"/(\d+)"
        asked: list[Route] = [
            ("GET", orders, self.list_orders),
            ("POST", orders, self.create_order),
            ("GET", orders + one, self.show_order),
            ("PUT", orders + one, self.update_order),
            ("GET", orders + one + "/products", self.list_products),
            ("GET", orders + one + "/shipments", self.list_shipments),
            ("POST", orders + one + "/shipments", self.add_shipment),
            ("GET", "/bigcommerce/v2/store", office.store),
            ("GET", products + "/products", shelf.list_products),
            ("GET", products + "/variants", shelf.list_variants),
            ("PUT", stock + "/adjustments/absolute", shelf.set_levels),
            ("GET", stock + "/locations", shelf.list_locations),
            ("GET", stock + "/locations" + one + "/items", shelf.list_items),
            ("GET", "/bigcommerce/v3/hooks", office.list_hooks),
            ("POST", "/bigcommerce/v3/hooks", office.create_hook),
            ("PUT", "/bigcommerce/v3/hooks" + one, office.change_hook),
        ]
        known: list[Route] = [(method, path, self._within_limits(action)) for method, path, action in asked]
        return [*known, ("POST", "/_catalog/bigcommerce", self._put_catalog)]

    def _within_limits(self, action: Callable[..., Response]) -> Callable[..., Response]:
        def answer(request: Request, *parts: str) -> Response:
            refused = self.office.refusal(request)
            if refused is not None:
                return refused
            if self.calls_left is None:
                return action(request, *parts)
            headers = {"X-Rate-Limit-Time-Reset-Ms": str(self.reset_ms), "X-Rate-Limit-Requests-Quota": "150"}
            if self.calls_left <= 0:
                return Response(429, {"status": 429, "title": "Too many requests"}, headers)
            self.calls_left -= 1
            done = action(request, *parts)
            headers |= {"X-Rate-Limit-Requests-Left": str(self.calls_left), **done.headers}
            return Response(done.status, done.body, headers, done.raw)

        return answer

    def _put_catalog(self, request: Request) -> Response:
        items = request.json()["items"]
        for one in items:
            self.shelf.put(one)
        return Response(201, {"stored": len(items)})

    # --- orders

    def list_orders(self, request: Request) -> Response:
        """Deleted ones are in no list; version 2 answers an empty one with nothing at all."""
        asked = request.query
        with self._lock:
            rows = [one for one in self.orders.values() if not one.get("is_deleted")]
        rows = [one for one in rows if moment(one["date_modified"]) >= moment(asked.get("min_date_modified"))]
        if "max_date_modified" in asked:
            rows = [one for one in rows if moment(one["date_modified"]) <= moment(asked["max_date_modified"])]
        if "min_id" in asked:
            rows = [one for one in rows if int(asked["min_id"]) <= one["id"] <= int(asked["max_id"])]
        field, _, direction = asked.get("sort", "id:asc").partition(":")
        rows.sort(key=lambda one: (moment(one[field]) if field.startswith("date") else one[field], one["id"]))
        found = self._page(rows[::-1] if direction == "desc" else rows, request)
        self.on_list()
        return _listed([_head(one) for one in found])

    def _page(self, rows: list[Any], request: Request) -> list[Any]:
        size = min(int(request.query.get("limit", "50")), self.page_size)
        start = (int(request.query.get("page", "1")) - 1) * size
        return rows[start : start + size]

    def show_order(self, request: Request, order_id: str) -> Response:
        order = self.orders.get(order_id)
        if order is None:
            return _not_found()
        included = request.query.get("include", "").split(",")
        return Response(200, _head(order) | {name: order.get(name, []) for name in included if name in _APART})

    def list_products(self, request: Request, order_id: str) -> Response:
        order = self.orders.get(order_id)
        if order is None:
            return _not_found()
        return _listed(self._page([{**one, "order_id": order["id"]} for one in order["products"]], request))

    def list_shipments(self, request: Request, order_id: str) -> Response:
        return _listed(self._page([one for one in self.shipments if one["order_id"] == int(order_id)], request))

    def add_shipment(self, request: Request, order_id: str) -> Response:
        order, given = self.orders.get(order_id), request.json()
        if order is None:
            return _not_found()
        lines = {one["id"]: one for one in order["products"]}
        with self._lock:
            for item in given["items"]:
                line = lines.get(item["order_product_id"])
                if line is None or line["order_address_id"] != given["order_address_id"]:
                    return _refused("The order product does not belong to this address.")
                if item["quantity"] > line["quantity"] - line["quantity_shipped"]:
                    return _refused(
                        "The quantity specified is greater than the quantity of the product that can be shipped."
                    )
            for item in given["items"]:
                lines[item["order_product_id"]]["quantity_shipped"] += item["quantity"]
            shipped = all(one["quantity_shipped"] >= one["quantity"] for one in order["products"])
            self._change(order, status_id=2 if shipped else 3)
            made = {"id": next(self._numbers), "order_id": order["id"], "date_created": _written(now()), **given}
            self.shipments.append(made)
        return Response(201, made)

    def create_order(self, request: Request) -> Response:
        given, pk = request.json(), next(self._numbers)
        products = [
            {"id": next(self._numbers), "product_id": 0, "order_address_id": pk, "sku": "", "type": "physical", "quantity_shipped": 0,
             "quantity_refunded": 0, "total_tax": "0.0000", "product_options": [], **one,
             "total_inc_tax": f"{one['price_inc_tax'] * one['quantity']:.4f}"}
            for one in given["products"]
        ]  # fmt: skip
        total = f"{sum(float(one['total_inc_tax']) for one in products):.4f}"
        order = {
            "id": pk, "status": NAMES[given["status_id"]], "date_created": now(), "date_modified": now(), "currency_code": "GBP",
            "default_currency_code": "GBP", "subtotal_inc_tax": total, "shipping_cost_inc_tax": "0.0000", "total_tax": "0.0000",
            "discount_amount": "0.0000", "total_inc_tax": total, "payment_status": "", "refunded_amount": "0.0000", "is_deleted": False,
            "shipping_address_count": 1, **given, "products": products, "fees": [],
            "consignments": {"shipping": [{"id": pk, **given["billing_address"], "shipping_method": ""}]},
        }  # fmt: skip
        self.put(order)
        return Response(201, _head(order))

    def update_order(self, request: Request, order_id: str) -> Response:
        order, given = self.orders.get(order_id), request.json()
        if order is None:
            return _not_found()
        with self._lock:
            self.updates.append({"order_id": order["id"], **given})
            self._change(order, **given)
        return Response(200, _head(order))

    def _change(self, order: Order, **changes: Any) -> None:
        order.update(changes, date_modified=now())
        order["status"] = NAMES[order["status_id"]]

    def seen(self) -> dict[str, Any]:
        with self._lock:
            return {
                "orders": len(self.orders),
                "shipments": copy.deepcopy(self.shipments),
                "updates": list(self.updates),
                "stock": list(self.shelf.received),
                "webhooks": [{**one, "headers": None} for one in self.office.hooks.values()],
            }


def _head(order: Order) -> Order:
    """As it is listed: what it holds stands at addresses of its own."""
    head = {name: value for name, value in order.items() if name not in _APART}
    head |= {name: _written(head[name]) for name in ("date_created", "date_modified") if name in head}
    address = f"/orders/{order['id']}/products"
    return head | {"products": {"url": f"https://api.example/v2{address}", "resource": address}}


def _written(text: str) -> str:
    return format_datetime(moment(text))


def _listed(rows: list[Any]) -> Response:
    return Response(200, rows) if rows else Response(204, raw=b"")


def _not_found() -> Response:
    return Response(404, [{"status": 404, "message": "The requested resource was not found."}])


def _refused(said: str) -> Response:
    return Response(400, [{"status": 400, "message": said}])
