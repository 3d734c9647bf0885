"""What the simulated BigCommerce sells, where it keeps it and how much of it it shows."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from ...exchange import Request, Response
from ..base import Order

Row = dict[str, Any]
MOST_ITEMS = 2000
LOCATIONS = (
    {"id": 1, "code": "BC-LOCATION-1", "label": "Leeds warehouse", "type_id": "PHYSICAL", "enabled": True,
     "address": {"address1": "1 Canary Row", "city": "Leeds", "state": "West Yorkshire", "zip": "LS1 1AA", "country_code": "GB"}},
    {"id": 2, "code": "YORK", "label": "York shop", "type_id": "PHYSICAL", "enabled": True,
     "address": {"address1": "2 Coney Street", "city": "York", "state": "", "zip": "YO1 9ND", "country_code": "GB"}},
)  # fmt: skip


class Shelf:
    """``products`` by id with their variants, ``levels``: what is shown of a variant at each location; ``received``: every figure it took."""

    def __init__(self, numbers: itertools.count[int]) -> None:
        self._numbers = numbers
        self.products: dict[int, Row] = {}
        self.levels: dict[int, dict[int, int]] = {}
        self.received: list[Order] = []

    def put(self, item: Mapping[str, Any]) -> Row:
        """``sku``, and whatever else of ``title, options, barcode, price, cost, weight_g, tracked, available`` is known. Those with
        options and one title are variants of one product. Returns the variant."""
        options, units = item.get("options") or [], item.get("available")
        product = self._product(item, options)
        variant = {
            "id": next(self._numbers),
            "product_id": product["id"],
            "sku": item["sku"],
            "upc": item.get("barcode") or "",
            "price": float(item.get("price") or 10),
            "cost_price": float(item.get("cost") or 0),
            "calculated_price": float(item.get("price") or 10),
            "calculated_weight": (item.get("weight_g") or 0) / 1000,
            "purchasing_disabled": False,
            "inventory_level": units or 0,
            "image_url": item.get("picture") or "",
            "option_values": [
                {"id": 1, "label": one, "option_id": 1, "option_display_name": "Option"} for one in options
            ],
        }
        product["variants"].append(variant)
        self.levels[variant["id"]] = {1: units or 0}
        return variant

    def _product(self, item: Mapping[str, Any], options: list[str]) -> Row:
        title = item.get("title", item["sku"])
        found = next((one for one in self.products.values() if options and one["name"] == title), None)
        if found is not None:
            return found
        made = {
            "id": next(self._numbers),
            "name": title,
            "type": "physical",
            "sku": "" if options else item["sku"],
            "price": float(item.get("price") or 10),
            "is_visible": item.get("active", True),
            "inventory_tracking": "none" if item.get("tracked") is False else "variant" if options else "product",
            "inventory_level": item.get("available") or 0,
            "variants": [],
        }
        self.products[made["id"]] = made
        return made

    def shown(self, sku: str) -> list[int]:
        """At its first location, by every variant of that SKU."""
        return [self.levels[one["id"]][1] for one in self._variants() if one["sku"] == sku]

    def _variants(self) -> list[Row]:
        return [variant for product in self.products.values() for variant in product["variants"]]

    # --- what is asked

    def list_products(self, request: Request) -> Response:
        after, size = int(request.query.get("id:greater", "0")), int(request.query.get("limit", "50"))
        rows = [one for pk, one in sorted(self.products.items()) if pk > after]
        meta = {"pagination": {"total": len(rows), "total_pages": max(1, -(-len(rows) // size)), "current_page": 1}}
        return Response(200, {"data": rows[:size], "meta": meta})

    def list_variants(self, request: Request) -> Response:
        return paged(self._variants(), request)

    def list_locations(self, request: Request) -> Response:
        return paged(list(LOCATIONS), request)

    def list_items(self, request: Request, location: str) -> Response:
        if int(location) not in {one["id"] for one in LOCATIONS}:
            return problem(404, "Location not found")
        wanted = {int(one) for one in request.query.get("variant_id:in", "").split(",") if one}
        rows = [
            {
                "identity": {"sku": one["sku"], "variant_id": one["id"], "product_id": one["product_id"]},
                "available_to_sell": self.levels[one["id"]].get(int(location), 0),
                "total_inventory_onhand": self.levels[one["id"]].get(int(location), 0),
                "settings": {"safety_stock": 0, "is_in_stock": True, "warning_level": 0, "bin_picking_number": ""},
            }
            for one in self._variants()
            if one["id"] in wanted
        ]
        return paged(rows, request)

    # --- what is written to it

    def set_levels(self, request: Request) -> Response:
        """All of them, or none."""
        items = request.json()["items"]
        if not items or len(items) > MOST_ITEMS:
            return problem(422, f"The number of items must be between 1 and {MOST_ITEMS}.")
        known = {one["id"]: one for one in self._variants()}
        unknown = [one["variant_id"] for one in items if one["variant_id"] not in known]
        if unknown:
            return problem(422, f"Variants not found, identities: {unknown}")
        if {one["location_id"] for one in items} - {one["id"] for one in LOCATIONS}:
            return problem(422, "Location not found")
        for one in items:
            variant = known[one["variant_id"]]
            self.levels[variant["id"]][one["location_id"]] = variant["inventory_level"] = one["quantity"]
            self.received.append({"sku": variant["sku"], "units": one["quantity"], "location": one["location_id"]})
        return Response(200, {"transaction_id": f"t-{next(self._numbers)}"})


def paged(rows: list[Row], request: Request) -> Response:
    size, page = int(request.query.get("limit", "50")), int(request.query.get("page", "1"))
    shown = rows[(page - 1) * size : page * size]
    pagination = {
        "total": len(rows), "count": len(shown), "per_page": size, "current_page": page,
        "total_pages": max(1, -(-len(rows) // size)),
    }  # fmt: skip
    return Response(200, {"data": shown, "meta": {"pagination": pagination}})


def problem(status: int, title: str) -> Response:
    kind = "https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes"
    return Response(status, {"status": status, "title": title, "type": kind, "errors": {}})
