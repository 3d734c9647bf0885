"""What the simulated Shopify sells, where it keeps it and how much of it it shows."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from ...graphql import connection
from ..base import Order
from .fulfilling import refusal
from .nodes import Node, gid, number_of

HOME = {"id": 70_000_000_001, "name": "Leeds warehouse", "city": "Leeds", "country": "GB", "active": True}
SECOND = {"id": 70_000_000_002, "name": "York shop", "city": "York", "country": "GB", "active": True}
MOST_QUANTITIES = 250


class StockRoom:
    """``variants`` by id, as they are put there; ``levels``: what is shown of an inventory item at each location."""

    def __init__(self, numbers: itertools.count[int]) -> None:
        self._numbers = numbers
        self.locations: list[Order] = [dict(HOME), dict(SECOND)]
        self.variants: dict[int, Order] = {}
        self.levels: dict[int, dict[int, int]] = {}
        self.received: list[Order] = []
        self._answered: dict[str, tuple[Any, Node]] = {}

    def put(self, variant: Mapping[str, Any]) -> Order:
        """``sku``, and whatever else of ``title, options, barcode, price, cost, weight_g, tracked, available, parts`` is known."""
        made = {"id": next(self._numbers), "item": next(self._numbers), "tracked": True, **variant}
        self.variants[made["id"]] = made
        self.levels[made["item"]] = {self.locations[0]["id"]: int(variant.get("available") or 0)}
        return made

    def shown(self, sku: str) -> list[int]:
        """At its first location, by every variant of that SKU."""
        home = self.locations[0]["id"]
        return [self.levels[one["item"]][home] for one in self.variants.values() if one["sku"] == sku]

    # --- what is asked

    def page(self, **arguments: Any) -> Node:
        rows = [self._variant_node(one) for _, one in sorted(self.variants.items())]
        arguments.pop("sort_key", None)
        return connection(rows)(**arguments)

    def count(self, **_: Any) -> Node:
        return {"count": len(self.variants), "precision": "EXACT"}

    def list_locations(self, include_inactive: bool = False, **arguments: Any) -> Node:
        rows = [_location_node(one) for one in self.locations if include_inactive or one["active"]]
        return connection(rows)(**arguments)

    def first_location(self, **_: Any) -> Node:
        return _location_node(self.locations[0])

    def item(self, global_id: str) -> Node | None:
        number = int(number_of(global_id))
        found = next((one for one in self.variants.values() if one["item"] == number), None)
        return None if found is None else self._item_node(found)

    def _variant_node(self, one: Order) -> Node:
        parts = [
            {"quantity": units, "productVariant": {"id": gid("ProductVariant", 1), "sku": sku}}
            for sku, units in one.get("parts", [])
        ]
        options = [{"name": "Option", "value": value} for value in one.get("options") or ["Default Title"]]
        picture = {"preview": {"image": {"url": one["picture"]}}} if one.get("picture") else None
        return {
            "id": gid("ProductVariant", one["id"]),
            "sku": one["sku"],
            "barcode": one.get("barcode"),
            "price": str(one.get("price") or "10.00"),
            "title": " / ".join(option["value"] for option in options),
            "selectedOptions": options,
            "media": connection([picture] if picture else []),
            "product": {
                "title": one.get("title") or one["sku"],
                "status": "ACTIVE" if one.get("active", True) else "ARCHIVED",
                "featuredMedia": None,
            },
            "productVariantComponents": connection(parts),
            "inventoryItem": self._item_node(one),
        }

    def _item_node(self, one: Order) -> Node:
        levels = self.levels[one["item"]]
        cost = {"amount": str(one["cost"]), "currencyCode": "GBP"} if one.get("cost") is not None else None
        weight = {"unit": "KILOGRAMS", "value": (one.get("weight_g") or 0) / 1000}
        return {
            "__typename": "InventoryItem",
            "id": gid("InventoryItem", one["item"]),
            "tracked": bool(one["tracked"]),
            "harmonizedSystemCode": one.get("hs_code"),
            "countryCodeOfOrigin": one.get("origin"),
            "unitCost": cost,
            "measurement": {"weight": weight},
            "inventoryLevels": connection([_level_node(place, units) for place, units in levels.items()]),
            "inventoryLevel": lambda location_id: _level_at(levels, int(number_of(location_id))),
        }

    # --- what is written to it

    def set_quantities(self, input: Mapping[str, Any], key: str = "", **_: Any) -> Node:
        """All of them or, where one is wrong, none. A key that was used before is answered as it was then."""
        if not key:
            return {"userErrors": [refusal("The @idempotent directive is required for this mutation.")]}
        if key in self._answered:
            same = self._answered[key][0] == input
            said = refusal("The same key was used for something else.", code="IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
            return self._answered[key][1] if same else {"userErrors": [said]}
        errors = self._wrong(input["quantities"])
        if not errors:
            for one in input["quantities"]:
                place, item = int(number_of(one["locationId"])), int(number_of(one["inventoryItemId"]))
                self.levels[item][place] = one["quantity"]
            self.received.append(dict(input))
        answer = {"userErrors": errors}
        self._answered[key] = (input, answer)
        return answer

    def _wrong(self, quantities: Sequence[Mapping[str, Any]]) -> list[Node]:
        if len(quantities) > MOST_QUANTITIES:
            return [refusal("The input array has too many elements.", "input", "quantities")]
        found = [(place, self._problem(one)) for place, one in enumerate(quantities)]
        return [
            refusal(said, "input", "quantities", str(place), what, code=code)
            for place, problem in found
            if problem
            for what, said, code in [problem]
        ]

    def _problem(self, one: Mapping[str, Any]) -> tuple[str, str, str] | None:
        place, item = int(number_of(one["locationId"])), int(number_of(one["inventoryItemId"]))
        if item not in self.levels:
            return "inventoryItemId", "The specified inventory item could not be found.", "INVALID_INVENTORY_ITEM"
        if place not in self.levels[item]:
            said = "The specified inventory item is not stocked at the location."
            return "locationId", said, "ITEM_NOT_STOCKED_AT_LOCATION"
        expected = one["changeFromQuantity"]
        if expected is not None and expected != self.levels[item][place]:
            said = "The changeFromQuantity value does not match persisted value."
            return "changeFromQuantity", said, "CHANGE_FROM_QUANTITY_STALE"
        return (
            ("quantity", "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE")
            if one["quantity"] < 0
            else None
        )


def _level_at(levels: Mapping[int, int], place: int) -> Node | None:
    return _level_node(place, levels[place]) if place in levels else None


def _level_node(place: int, units: int) -> Node:
    quantities = [{"name": "available", "quantity": units}]
    return {"location": {"id": gid("Location", place)}, "quantities": lambda names: quantities}


def _location_node(one: Mapping[str, Any]) -> Node:
    return {
        "id": gid("Location", one["id"]),
        "name": one["name"],
        "isActive": one["active"],
        "address": {
            "address1": one.get("line1"),
            "city": one.get("city"),
            "zip": one.get("zip"),
            "provinceCode": None,
            "province": None,
            "countryCode": one.get("country"),
        },
    }
