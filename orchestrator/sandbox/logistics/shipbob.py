"""A simulated ShipBob: it takes each reference once, ships when told to, and stops what has not shipped."""

from __future__ import annotations

from typing import Any

from ..exchange import Request, Response
from ..shops.base import Route, now
from .base import SimulatedLogistics

Order = dict[str, Any]


class ShipBob(SimulatedLogistics):
    name = "shipbob"

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[int, Order] = {}

    def routes(self) -> list[Route]:
        orders = "/shipbob/2026-01/order"
        return [
            ("POST", orders, self._create),
            ("GET", orders, self._find),
            ("GET", orders + "/([^/:]+)", self._one),
            ("POST", orders + "/([^/:]+):cancel", self._cancel),
        ]

    def operation(self, request: Request) -> str:
        if request.method == "GET":
            return "look_up"
        return "cancel" if request.path.endswith(":cancel") else "submit"

    def refuses(self) -> tuple[int, Any]:
        return 422, {"Products": ["We do not ship these."]}

    def refuses_to_stop(self) -> tuple[int, Any]:
        return 422, {"Order": ["Too late."]}

    def seen(self) -> dict[str, Any]:
        return {
            "orders": [{name: one[name] for name in ("id", "reference_id", "status")} for one in self.orders.values()]
        }

    # What it does by itself

    def ship(self, reference: str, contents: dict[str, int] | None = None, *, number: str = "1Z999") -> int:
        """Send so many units by SKU (None: everything, in one shipment). Returns the shipment's id."""
        with self._lock:
            order = next(one for one in self.orders.values() if one["reference_id"] == reference)
            shipment = order["shipments"][0] if contents is None else self._another(order, contents)
            tracking = {"tracking_number": number, "carrier": "UPS", "carrier_service": "Ground"}
            shipment |= {"status": "Completed", "tracking": tracking, "measurements": {"total_weight_oz": 16}}
            gone = all(one["status"] in ("Completed", "Cancelled") for one in order["shipments"])
            order["status"] = "Fulfilled" if gone else "PartiallyFulfilled"
            return int(shipment["id"])

    def deliver(self, reference: str) -> None:
        for shipment in self._of(reference)["shipments"]:
            shipment["delivery_date"] = now()

    def drop(self, reference: str) -> None:
        self._stop(self._of(reference))

    def _of(self, reference: str) -> Order:
        return next(one for one in self.orders.values() if one["reference_id"] == reference)

    def _another(self, order: Order, contents: dict[str, int]) -> Order:
        """Part of the first shipment's goods become one of their own."""
        first = order["shipments"][0]
        for product in first["products"]:
            product["inventory_items"][0]["quantity"] -= contents.get(product["reference_id"], 0)
        made = self._shipment(order, contents)
        order["shipments"].append(made)
        return made

    def _shipment(self, order: Order, contents: dict[str, int]) -> Order:
        number = order["id"] * 100 + len(order["shipments"])
        products = [
            {"id": 1, "reference_id": sku, "inventory_items": [{"id": 1, "quantity": units}]}
            for sku, units in contents.items()
        ]
        return {
            "id": number,
            "order_id": order["id"],
            "created_date": now(),
            "status": "Processing",
            "products": products,
        }

    # What is asked of it

    def _create(self, request: Request) -> Response:
        wanted = request.json()
        reference = wanted.get("reference_id")
        if not reference or not wanted.get("products"):
            return Response(422, {"Products": ["This field is required."]})
        with self._lock:
            if any(one["reference_id"] == reference for one in self.orders.values()):
                return Response(422, {"ReferenceId": ["An order with this reference id exists."]})
            number = 900_001 + len(self.orders)
            order = {**wanted, "id": number, "status": "Processing", "created_date": now(), "shipments": []}
            contents: dict[str, int] = {}
            for product in wanted["products"]:
                contents[product["reference_id"]] = contents.get(product["reference_id"], 0) + product["quantity"]
            order["shipments"].append(self._shipment(order, contents))
            self.orders[number] = order
        return Response(201, order)

    def _find(self, request: Request) -> Response:
        wanted = request.query.get("ReferenceIds", "").split(",")
        return Response(200, [one for one in self.orders.values() if one["reference_id"] in wanted])

    def _one(self, request: Request, number: str) -> Response:
        order = self.orders.get(int(number)) if number.isdecimal() else None
        return Response(404, {}) if order is None else Response(200, order)

    def _cancel(self, request: Request, number: str) -> Response:
        with self._lock:
            order = self.orders.get(int(number)) if number.isdecimal() else None
            if order is None:
                return Response(404, {})
            if order["status"] != "Processing":
                return Response(422, {"Order": ["It is not in a state to be cancelled."]})
            self._stop(order)
            return Response(200, {"order_id": order["id"], "order": order, "status": "Success"})

    def _stop(self, order: Order) -> None:
        order["status"] = "Cancelled"
        for shipment in order["shipments"]:
            shipment["status"] = "Cancelled"
