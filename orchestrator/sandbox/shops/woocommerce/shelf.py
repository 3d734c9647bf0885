"""What the simulated WooCommerce sells: products, the variations of some, and how many of each it shows."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...exchange import Request, Response, problem
from ..base import Order

Row = dict[str, Any]
MOST_IN_A_BATCH = 100


class Shelf:
    """``products`` and ``variations`` by id, as they are shown. ``counts``: whether the shop counts stock at all;
    ``weight_unit``: what it weighs in; ``page_size``: at most so many on a page, whatever is asked for; ``on_list``: called after
    each list it gives. ``received``: every figure it took."""

    def __init__(self, numbers: itertools.count[int]) -> None:
        self._numbers = numbers
        self.products: dict[int, Row] = {}
        self.variations: dict[int, Row] = {}
        self.counts, self.weight_unit, self.page_size = True, "kg", 100
        self.on_list: Callable[[], None] = lambda: None
        self.received: list[Order] = []

    def put(self, item: Mapping[str, Any]) -> Row:
        """``sku``, and whatever else of ``title, options, barcode, price, weight_g, tracked, available`` is known. Those with options
        and one title are variations of one product."""
        row = self._row(item)
        if not item.get("options"):
            self.products[row["id"]] = row | {"type": item.get("type", "simple"), "name": item.get("title", row["sku"])}
            return self.products[row["id"]]
        parent = self._parent(item.get("title", row["sku"]))
        parent["variations"].append(row["id"])
        attributes = [{"id": 1, "name": "Option", "option": one} for one in item["options"]]
        self.variations[row["id"]] = row | {"parent_id": parent["id"], "attributes": attributes}
        return self.variations[row["id"]]

    def _parent(self, title: str) -> Row:
        found = next((one for one in self.products.values() if one["name"] == title and one["variations"]), None)
        if found is None:
            found = self._row({"sku": ""}) | {"name": title, "type": "variable", "manage_stock": False}
            self.products[found["id"]] = found
        return found

    def _row(self, item: Mapping[str, Any]) -> Row:
        grams, units = item.get("weight_g"), item.get("available")
        picture = [{"id": 1, "src": item["picture"]}] if item.get("picture") else []
        return {
            "id": next(self._numbers),
            "sku": item["sku"],
            "status": "publish" if item.get("active", True) else "draft",
            "global_unique_id": item.get("barcode") or "",
            "price": str(item.get("price") or "10.00"),
            "weight": "" if grams is None else str(grams / (1000 if self.weight_unit == "kg" else 1)),
            "manage_stock": bool(item.get("tracked", units is not None)),
            "stock_quantity": units,
            "stock_status": "instock" if units else "outofstock",
            "images": picture,
            "attributes": [],
            "variations": [],
        }

    def shown(self, sku: str) -> list[int]:
        """By every product and variation of that SKU."""
        rows = [*self.products.values(), *self.variations.values()]
        return [one["stock_quantity"] for one in rows if one["sku"] == sku]

    # --- what is asked

    def list_products(self, request: Request) -> Response:
        return self._page(list(self.products.values()), request)

    def list_variations(self, request: Request, parent: str) -> Response:
        if int(parent) not in self.products:
            return problem(404, "woocommerce_rest_product_invalid_id", "Invalid product ID.", message="Invalid ID.")
        return self._page([one for one in self.variations.values() if one["parent_id"] == int(parent)], request)

    def _page(self, rows: list[Row], request: Request) -> Response:
        asked = request.query
        if "include" in asked:
            wanted = {int(one) for one in asked["include"].split(",")}
            rows = [one for one in rows if one["id"] in wanted]
        rows = sorted((one for one in rows if one["status"] != "trash"), key=lambda one: one["id"])
        size = min(int(asked.get("per_page", "10")), self.page_size)
        start = int(asked["offset"]) if "offset" in asked else (int(asked.get("page", "1")) - 1) * size
        headers = {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(-(-len(rows) // size))}
        shown = [dict(one) for one in rows[start : start + size]]
        if "_fields" in asked:
            names = asked["_fields"].split(",")
            shown = [{name: one[name] for name in names if name in one} for one in shown]
        self.on_list()
        return Response(200, shown, headers)

    def setting(self, request: Request, name: str) -> Response:
        values = {"currency": "GBP", "weight_unit": self.weight_unit}
        return Response(200, {"id": f"woocommerce_{name}", "value": values[name]})

    # --- what is written to it

    def change_products(self, request: Request) -> Response:
        return self._change(self.products, request, "woocommerce_rest_product_invalid_id")

    def change_variations(self, request: Request, parent: str) -> Response:
        mine = {pk: one for pk, one in self.variations.items() if one["parent_id"] == int(parent)}
        return self._change(mine, request, "woocommerce_rest_product_variation_invalid_id")

    def _change(self, rows: Mapping[int, Row], request: Request, unknown: str) -> Response:
        given: Sequence[Row] = request.json().get("update", [])
        if len(given) > MOST_IN_A_BATCH:
            said = f"Unable to accept more than {MOST_IN_A_BATCH} items for this request."
            return Response(413, {"code": "woocommerce_rest_request_entity_too_large", "message": said})
        return Response(200, {"update": [self._changed(rows.get(one["id"]), one, unknown) for one in given]})

    def _changed(self, row: Row | None, given: Row, unknown: str) -> Row:
        if row is None:
            if given["id"] in self.variations:
                said = "To manipulate product variations you should use the /products/<product_id>/variations/<id> endpoint."
            else:
                said = "Invalid ID."
            return {"id": given["id"], "error": {"code": unknown, "message": said, "data": {"status": 400}}}
        if not self.counts or row.get("type") in ("grouped", "external"):
            row.update(manage_stock=False, stock_quantity=None)
            return dict(row)
        units = given["stock_quantity"]
        row.update(manage_stock=given.get("manage_stock", row["manage_stock"]), stock_quantity=units)
        row["stock_status"] = "instock" if units > 0 else "outofstock"
        self.received.append({"sku": row["sku"], "units": units})
        return dict(row)
