"""A simulated Etsy shop: receipts, tracking, listings with their inventory, tokens that end after an hour."""

from __future__ import annotations

import copy
import itertools
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from ..exchange import Request, Response
from .base import Order, Route, SimulatedShop

SHOP_ID = 4242
_API = "/etsy/v3/application"
_SHOP = f"{_API}/shops/{SHOP_ID}"
# What an inventory may say when it is written; anything else is refused, as there.
_OF_PRODUCT = {"sku", "property_values", "offerings"}
_OF_OFFERING = {"price", "quantity", "is_enabled"}


class Etsy(SimulatedShop):
    """The parts of the Open API v3 that order management uses. ``tokens``: access tokens it takes, empty: any; ``scopes``: what
    they allow; ``page_size``: at most so many on a page; ``on_read``: called after an inventory was read."""

    name = "etsy"

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(7_000_000_001)
        self.listings: dict[str, Order] = {}
        self.tracking: list[Order] = []
        self.written: list[tuple[str, Order]] = []
        self.tokens: set[str] = set()
        self.refresh_tokens: set[str] = set()
        self.scopes = ["transactions_r", "transactions_w", "shops_r", "listings_r", "listings_w", "email_r"]
        self.page_size, self.shop_id = 100, SHOP_ID
        self.on_read: Callable[[str], None] = lambda _: None

    def routes(self) -> list[Route]:
        routes: list[Route] = [
            ("GET", f"{_API}/users/me", lambda _: Response(200, {"user_id": 1, "shop_id": SHOP_ID})),
            ("GET", _SHOP, lambda _: Response(200, self.shop())),
            ("GET", f"{_SHOP}/receipts", self.list_receipts),
            ("GET", f"{_SHOP}/receipts/([0-9]+)", self.show_receipt),
            ("POST", f"{_SHOP}/receipts/([0-9]+)/tracking", self.track),
            ("GET", f"{_SHOP}/listings", self.list_listings),
            ("PATCH", f"{_SHOP}/listings/([0-9]+)", self.change_listing),
            ("GET", f"{_API}/listings/([0-9]+)/inventory", self.show_inventory),
            ("PUT", f"{_API}/listings/([0-9]+)/inventory", self.write_inventory),
            ("POST", f"{_API}/scopes", lambda _: Response(200, {"scopes": self.scopes})),
        ]
        guarded = [(method, path, self._guarded(action)) for method, path, action in routes]
        unguarded = [
            ("POST", "/etsy/v3/public/oauth/token", self.give_token),
            ("POST", "/_catalog/etsy", self._put_catalog),
        ]
        return [*guarded, *unguarded]

    def _put_catalog(self, request: Request) -> Response:
        items = request.json()["items"]
        for number, one in enumerate(items, start=90_001):
            minor = round(float(one.get("price", "10.00")) * 100)
            product = {"sku": one["sku"], "quantity": one.get("available", 0), "price": minor}
            self.put_listing(number, [product], title=one.get("title", one["sku"]))
        return Response(201, {"stored": len(items)})

    def operation(self, request: Request) -> str:
        """What asks for tokens and scopes by POST changes nothing in the shop."""
        return "read" if request.path.endswith(("/scopes", "/token")) else super().operation(request)

    def _guarded(self, action: Callable[..., Response]) -> Callable[..., Response]:
        def answer(request: Request, *parts: str) -> Response:
            if ":" not in request.headers.get("x-api-key", ""):
                return _refusal(403, "Shared secret is required in x-api-key header.")
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not token or (self.tokens and token not in self.tokens):
                return _refusal(401, "invalid_token")
            with self._lock:
                return action(request, *parts)

        return answer

    def shop(self) -> Order:
        return {
            "shop_id": self.shop_id,
            "user_id": 1,
            "shop_name": "SandboxMugs",
            "currency_code": "GBP",
            "shop_location_country_iso": "GB",
        }

    # --- receipts

    def put(self, order: Order) -> None:
        with self._lock:
            self.orders[str(order["receipt_id"])] = order

    def list_receipts(self, request: Request) -> Response:
        since, until = (int(request.query.get(name, most)) for name, most in _WINDOW)
        found = [one for one in self.orders.values() if since <= one["updated_timestamp"] <= until]
        found.sort(key=lambda one: (one["updated_timestamp"], one["receipt_id"]))
        offset, limit = int(request.query.get("offset", 0)), int(request.query.get("limit", 25))
        page = found[offset : offset + min(limit, self.page_size)]
        return Response(200, {"count": len(found), "results": page})

    def show_receipt(self, request: Request, receipt_id: str) -> Response:
        receipt = self.orders.get(receipt_id)
        return Response(200, receipt) if receipt else _refusal(404, "Resource not found")

    def track(self, request: Request, receipt_id: str) -> Response:
        given = dict(parse_qsl(request.body.decode()))
        receipt = self.orders.get(receipt_id)
        if receipt is None:
            return _refusal(404, "Resource not found")
        if bool(given.get("tracking_code")) != bool(given.get("carrier_name")):
            return _refusal(400, "tracking_code and carrier_name are sent together")
        self.tracking.append({"receipt_id": receipt_id, **given})
        shipment = {"receipt_shipping_id": next(self._numbers), "shipment_notification_timestamp": int(time.time())}
        shipment |= {name: given.get(name, "") for name in ("carrier_name", "tracking_code")}
        receipt.setdefault("shipments", []).append(shipment)
        receipt.update(is_shipped=True, status="completed", updated_timestamp=int(time.time()))
        return Response(200, receipt)

    # --- listings

    def put_listing(self, listing_id: int, products: list[Order], **more: Any) -> None:
        """A listing with its products, each with ``sku``, ``quantity``, ``price`` in minor units, and property values."""
        made = [self._product(one) for one in products]
        varies = {name: more.pop(name, []) for name in ("price_on_property", "quantity_on_property", "sku_on_property")}
        self.listings[str(listing_id)] = {
            "listing_id": listing_id,
            "state": "active",
            "title": f"Listing {listing_id}",
            "listing_type": "physical",
            "inventory": {"products": made, **varies},
        } | more

    def _product(self, given: Order) -> Order:
        price = {"amount": given.get("price", 1000), "divisor": 100, "currency_code": "GBP"}
        offering = {"offering_id": next(self._numbers), "quantity": given["quantity"], "is_enabled": True}
        return {
            "product_id": given.get("product_id") or next(self._numbers),
            "sku": given["sku"],
            "is_deleted": False,
            "offerings": [{**offering, "is_deleted": False, "price": price}],
            "property_values": given.get("property_values", []),
        }

    def list_listings(self, request: Request) -> Response:
        state = request.query.get("state", "active")
        found = [one for one in self.listings.values() if one["state"] == state]
        offset, limit = int(request.query.get("offset", 0)), int(request.query.get("limit", 25))
        return Response(200, {"count": len(found), "results": found[offset : offset + min(limit, self.page_size)]})

    def change_listing(self, request: Request, listing_id: str) -> Response:
        given = dict(parse_qsl(request.body.decode()))
        self.listings[listing_id]["state"] = given["state"]
        self.written.append((listing_id, given))
        return Response(200, self.listings[listing_id])

    def show_inventory(self, request: Request, listing_id: str) -> Response:
        listing = self.listings.get(listing_id)
        if listing is None:
            return _refusal(404, "Resource not found")
        shown = copy.deepcopy(listing["inventory"])
        if request.query.get("includes") == "Listing":
            shown["listing"] = {"listing_id": listing["listing_id"], "state": listing["state"]}
        self.on_read(listing_id)
        return Response(200, shown)

    def write_inventory(self, request: Request, listing_id: str) -> Response:
        """All of it or nothing; what is left out is gone, and every product gets another id."""
        given, listing = request.json(), self.listings[listing_id]
        if said := _wrong(given, listing["inventory"]):
            return _refusal(400, said)
        self.written.append((listing_id, given))
        products = []
        for one in given["products"]:
            offering = one["offerings"][0]
            minor = round(offering["price"] * 100)
            product = self._product(one | {"quantity": offering["quantity"], "price": minor})
            product["offerings"][0]["is_enabled"] = offering["is_enabled"]
            products.append(product)
        listing["inventory"] = given | {"products": products}
        return Response(200, listing["inventory"])

    # --- tokens

    def give_token(self, request: Request) -> Response:
        """An access token for an hour; a refresh token is good once."""
        given = dict(parse_qsl(request.body.decode()))
        if given.get("grant_type") == "authorization_code" and not given.get("code_verifier"):
            return _refusal(400, "code_verifier is missing")
        if given.get("grant_type") == "authorization_code" and not self.takes_code(given.get("code", "")):
            return _refusal(400, "invalid_grant")
        used = given.get("refresh_token", "")
        if given.get("grant_type") == "refresh_token" and self.refresh_tokens and used not in self.refresh_tokens:
            return _refusal(400, "invalid_grant")
        number = next(self._numbers)
        token, refresh = f"1.access-{number}", f"1.refresh-{number}"
        self.tokens, self.refresh_tokens = {token}, {refresh}
        return Response(
            200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600, "refresh_token": refresh}
        )

    def seen(self) -> dict[str, Any]:
        with self._lock:
            return {
                "receipts": len(self.orders),
                "tracking": list(self.tracking),
                "written": [[listing, body] for listing, body in self.written],
            }


_WINDOW = (("min_last_modified", "0"), ("max_last_modified", "9999999999"))


def _refusal(status: int, words: str) -> Response:
    return Response(status, {"error": words})


def _wrong(given: Order, before: Order) -> str:
    for product in given["products"]:
        if set(product) - _OF_PRODUCT or any(set(one) - _OF_OFFERING for one in product["offerings"]):
            return "Array to object conversion error"
        if any(set(one) >= {"scale_id"} and one["scale_id"] is None for one in product.get("property_values", [])):
            return "scale_id can't be null"
    quantities = [one["quantity"] for product in given["products"] for one in product["offerings"]]
    if not any(quantities):
        return "One offering must have quantity greater than 0"
    if not given.get("quantity_on_property") and len(set(quantities)) > 1:
        return "quantity must be consistent across all products"
    for name in ("price_on_property", "quantity_on_property", "sku_on_property"):
        if sorted(given.get(name) or []) != sorted(before.get(name) or []):
            return f"{name} does not match the listing"
    return ""
