"""A simulated eBay: the parts of its Sell APIs that order management uses, with its shapes and refusals."""

from __future__ import annotations

import base64
import itertools
import threading
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ...exchange import Request, Response
from ..base import Order, Route, SimulatedShop, moment, now
from .answers import errors, not_allowed, page_of, refused_sku
from .notifications import Notifications
from .signing import is_signed

_ID = r"/([^/]+)"

_LEEDS = {
    "merchantLocationKey": "leeds", "name": "Leeds", "merchantLocationStatus": "ENABLED",
    "location": {"address": {"addressLine1": "1 Quay", "city": "Leeds", "postalCode": "LS1 1AA", "country": "GB"}},
}  # fmt: skip


class Ebay(SimulatedShop):
    """``orders`` as getOrder gives them, by ``orderId``; ``items`` and ``offers`` of the inventory by SKU. ``strict``: an order that was
    never put here does not exist. ``tokens``: access tokens that are good, empty for any. ``keys``: of notifications, by name.
    ``signers``: public keys of sellers who have to sign their cancellations, by what stands for them; empty: nobody has to.
    ``refusals``: what is said of a SKU's figures. ``page_size``: at most so many on a page. ``office``: what it sends to whom.
    """

    name = "ebay"

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)
        self._guard = threading.RLock()
        self.page_size, self.strict = 200, True
        self.tokens: set[str] = set()
        self.app_tokens: set[str] = set()
        self.office = Notifications()
        self.refresh_tokens: set[str] = set()
        self.lasts_s = 7200
        self.fulfillments: dict[str, list[Order]] = {}
        self.cancellations: list[Order] = []
        self.not_cancellable: dict[str, str] = {}
        self.items: dict[str, dict[str, Any]] = {}
        self.offers: dict[str, dict[str, Any]] = {}
        self.locations: dict[str, dict[str, Any]] = {"leeds": _LEEDS}
        self.refusals: dict[str, str] = {}
        self.figures: list[tuple[str, int]] = []
        self.keys: dict[str, str] = {}
        self.signers: dict[str, Ed25519PublicKey] = {}
        self.username = "harbour-and-pine"

    def routes(self) -> list[Route]:
        order, inventory = "/ebay/sell/fulfillment/v1/order", "/ebay/sell/inventory/v1"
        cancel = "/ebay/post-order/v2/cancellation"
        return [
            ("POST", "/ebay/identity/v1/oauth2/token", self.give_token),
            ("GET", order, self._known(self.list_orders)),
            ("GET", order + _ID, self._known(self.show_order)),
            ("GET", order + _ID + "/shipping_fulfillment", self._known(self.list_fulfillments)),
            ("POST", order + _ID + "/shipping_fulfillment", self._known(self.fulfill)),
            ("POST", cancel + "/check_eligibility", self._known(self.check_cancellation, "IAF")),
            ("POST", cancel, self._known(self._signed(self.cancel), "IAF")),
            ("POST", cancel + _ID + "/approve", self._known(self._signed(self.approve), "IAF")),
            ("POST", inventory + "/bulk_update_price_quantity", self._known(self.update_quantities)),
            ("POST", inventory + "/bulk_get_inventory_item", self._known(self.show_items)),
            ("GET", inventory + "/inventory_item", self._known(self.list_items)),
            ("GET", inventory + "/offer", self._known(self.list_offers)),
            ("GET", inventory + "/location", self._known(self.list_locations)),
            ("POST", "/_catalog/ebay", self._put_catalog),
            ("GET", "/ebay/commerce/identity/v1/user/", self._known(self.show_user)),
            *self._of_notifications(),
        ]

    def _of_notifications(self) -> list[Route]:
        base, office = "/ebay/commerce/notification/v1", self.office
        destination, subscription = base + "/destination", base + "/subscription"
        return [
            ("GET", base + "/public_key" + _ID, self._of_app(self.show_key)),
            ("GET", base + "/config", self._of_app(office.show_config)),
            ("PUT", base + "/config", self._of_app(office.take_config)),
            ("GET", destination, self._of_app(office.list_destinations)),
            ("POST", destination, self._of_app(office.add_destination)),
            ("PUT", destination + _ID, self._of_app(office.change_destination)),
            ("GET", subscription, self._known(office.list_subscriptions)),
            ("POST", subscription, self._known(office.subscribe)),
            ("PUT", subscription + _ID, self._known(office.change_subscription)),
            ("POST", subscription + _ID + "/enable", self._known(office.enable)),
        ]

    def operation(self, request: Request) -> str:
        """Getting a token changes nothing that could be there twice."""
        return "read" if request.path.endswith("/oauth2/token") else super().operation(request)

    def _put_catalog(self, request: Request) -> Response:
        items = request.json()["items"]
        for one in items:
            self.sell(one["sku"], one.get("available", 0), offer=f"offer-{one['sku']}", price=one.get("price", "10.00"))
            product = self.items[one["sku"]]["product"]
            product |= {"title": one.get("title", one["sku"]), "ean": [one.get("barcode", "")]}
        return Response(201, {"stored": len(items)})

    def put(self, order: Order) -> None:
        with self._lock:
            self.orders[str(order["orderId"])] = order

    def sell(self, sku: str, units: int = 0, *, offer: str = "", price: str = "10.00", published: bool = True) -> None:
        """Have an inventory item, and the offer by which it is sold."""
        self.items[sku] = {
            "sku": sku,
            "condition": "NEW",
            "product": {
                "title": f"Thing {sku}",
                "ean": [f"40{len(self.items):011}"],
                "upc": ["Does not apply"],
                "imageUrls": [f"https://i.example/{sku}.jpg"],
            },
            "packageWeightAndSize": {"weight": {"value": 0.25, "unit": "KILOGRAM"}},
            "availability": {"shipToLocationAvailability": {"quantity": units}},
        }
        if offer:
            self.offers[sku] = {
                "offerId": offer, "sku": sku, "marketplaceId": "EBAY_GB", "format": "FIXED_PRICE", "availableQuantity": units,
                "status": "PUBLISHED" if published else "UNPUBLISHED", "pricingSummary": {"price": {"value": price, "currency": "GBP"}},
            }  # fmt: skip

    def new_key(self, name: str, key: ec.EllipticCurvePrivateKey | None = None) -> str:
        """A key that notifications are signed with: the private half, as PEM; the public one is shown under its name."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        shown = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        inner = base64.b64encode(shown).decode()
        self.keys[name] = f"-----BEGIN PUBLIC KEY-----{inner}-----END PUBLIC KEY-----"
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    # --- tokens and keys

    def _known(self, action: Any, scheme: str = "Bearer") -> Any:
        """Only for whoever shows a token that is good, by the word this API has for it."""

        def answer(request: Request, *parts: str) -> Response:
            said, _, token = request.headers.get("authorization", "").partition(" ")
            if said != scheme or not token or (self.tokens and token not in self.tokens):
                return errors(401, 1001, "Invalid access token", "Check the value of the Authorization HTTP header.")
            with self._guard:
                response: Response = action(request, *parts)
            return response

        return answer

    def _of_app(self, action: Any) -> Any:
        """Only for the application itself, not for a seller who gave it access."""

        def answer(request: Request, *parts: str) -> Response:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            if token not in self.app_tokens:
                return not_allowed()
            response: Response = action(request, *parts)
            return response

        return answer

    def _signed(self, action: Any) -> Any:
        """Only with a digital signature over what is asked, where this seller has to sign."""

        def answer(request: Request, *parts: str) -> Response:
            if self.signers and not is_signed(request, self.signers):
                return errors(
                    403, 215122, "Signature validation failed.", "Signature validation failed to fulfill the request."
                )
            response: Response = action(request, *parts)
            return response

        return answer

    def give_token(self, request: Request) -> Response:
        given = dict(parse_qsl(request.body.decode()))
        if not request.headers.get("authorization", "").startswith("Basic "):
            return Response(401, {"error": "invalid_client", "error_description": "client authentication failed"})
        if given.get("grant_type") == "client_credentials":
            return self._give_app_token(given.get("scope", ""))
        is_code = given.get("grant_type") == "authorization_code"
        if is_code and not self.takes_code(given.get("code", "")):
            said = "the provided authorization grant code is invalid or was issued to another client"
            return Response(400, {"error": "invalid_grant", "error_description": said})
        if not is_code and self.refresh_tokens and given.get("refresh_token") not in self.refresh_tokens:
            said = "the provided authorization refresh token is invalid or was issued to another client"
            return Response(400, {"error": "invalid_grant", "error_description": said})
        token = f"v^1.1-{next(self._numbers)}"
        self.tokens.add(token)
        made = {"access_token": token, "token_type": "User Access Token", "expires_in": self.lasts_s}
        if is_code:
            made |= {"refresh_token": f"v^1.1-r-{next(self._numbers)}", "refresh_token_expires_in": 47_304_000}
            self.refresh_tokens.add(made["refresh_token"])
        return Response(200, made)

    def _give_app_token(self, scope: str) -> Response:
        if scope != "https://api.ebay.com/oauth/api_scope":
            said = "The requested scope is invalid, unknown, malformed, or exceeds the scope granted to the client"
            return Response(400, {"error": "invalid_scope", "error_description": said})
        token = f"v^1.1-app-{next(self._numbers)}"
        self.app_tokens.add(token)
        return Response(
            200, {"access_token": token, "token_type": "Application Access Token", "expires_in": self.lasts_s}
        )

    def show_user(self, request: Request) -> Response:
        said = {"userId": "u-1", "username": self.username, "registrationMarketplaceId": "EBAY_GB"}
        return Response(200, said)

    def show_key(self, request: Request, name: str) -> Response:
        if name not in self.keys:
            return errors(404, 195001, "The specified key id is invalid.")
        return Response(200, {"algorithm": "ECDSA", "digest": "SHA1", "key": self.keys[name]})

    # --- orders

    def list_orders(self, request: Request) -> Response:
        asked = request.query.get("filter", "")
        since = asked.removeprefix("lastmodifieddate:[").partition("..")[0] if asked else ""
        found = [one for one in self.orders.values() if moment(one["lastModifiedDate"]) >= moment(since)]
        found.sort(key=lambda one: (str(one["lastModifiedDate"]), str(one["orderId"])))
        return page_of(request, found, "orders", self.page_size)

    def show_order(self, request: Request, order_id: str) -> Response:
        order = self._order(order_id)
        return Response(200, order) if order is not None else errors(404, 32100, f"Invalid Order Id: {order_id}")

    def _order(self, order_id: str) -> Order | None:
        known = self.orders.get(order_id)
        if known is not None or self.strict:
            return known
        return {
            "orderId": order_id,
            "orderFulfillmentStatus": "NOT_STARTED",
            "lineItems": [],
            "lastModifiedDate": now(),
        }

    def list_fulfillments(self, request: Request, order_id: str) -> Response:
        found = self.fulfillments.get(order_id, [])
        return Response(200, {"fulfillments": found, "total": len(found)})

    def fulfill(self, request: Request, order_id: str) -> Response:
        given, order = request.json(), self._order(order_id)
        if order is None:
            return errors(400, 32100, f"Invalid Order Id: {order_id}")
        if bool(given.get("trackingNumber")) != bool(given.get("shippingCarrierCode")):
            return errors(400, 32210, "The tracking number and the shipping carrier go together.")
        if given.get("trackingNumber") and not str(given["trackingNumber"]).isalnum():
            return errors(400, 32110, "Invalid tracking number: letters and digits alone.")
        if problem := self._too_much(order, given):
            return errors(400, 32500, problem)
        number = str(given.get("trackingNumber") or 998 + next(self._numbers))
        made = {
            "fulfillmentId": number,
            "lineItems": given["lineItems"],
            "shippedDate": given.get("shippedDate") or now(),
        }
        if given.get("trackingNumber"):
            made |= {
                "shipmentTrackingNumber": given["trackingNumber"],
                "shippingCarrierCode": given["shippingCarrierCode"],
            }
        self.fulfillments.setdefault(order_id, []).append(made)
        self._note_shipped(order)
        where = f"https://api.ebay.com/sell/fulfillment/v1/order/{order_id}/shipping_fulfillment/{number}"
        return Response(201, {}, {"Location": where})

    def _shipped(self, order: Order) -> dict[str, int]:
        units: dict[str, int] = {}
        for one in self.fulfillments.get(str(order["orderId"]), []):
            for item in one["lineItems"]:
                units[item["lineItemId"]] = units.get(item["lineItemId"], 0) + item["quantity"]
        return units

    def _too_much(self, order: Order, given: Order) -> str:
        if not self.strict:
            return ""
        shipped, ordered = self._shipped(order), {one["lineItemId"]: one["quantity"] for one in order["lineItems"]}
        for item in given["lineItems"]:
            if shipped.get(item["lineItemId"], 0) + item["quantity"] > ordered.get(item["lineItemId"], 0):
                return f"Line item {item['lineItemId']} has been fulfilled already."
        return ""

    def _note_shipped(self, order: Order) -> None:
        shipped = self._shipped(order)
        for item in order["lineItems"]:
            units = shipped.get(item["lineItemId"], 0)
            word = "FULFILLED" if units >= item["quantity"] else "IN_PROGRESS" if units else "NOT_STARTED"
            item["lineItemFulfillmentStatus"] = word
        words = {one["lineItemFulfillmentStatus"] for one in order["lineItems"]}
        order["orderFulfillmentStatus"] = words.pop() if len(words) == 1 else "IN_PROGRESS"
        order["lastModifiedDate"] = now()

    # --- cancelling

    def check_cancellation(self, request: Request) -> Response:
        why = self.not_cancellable.get(str(request.json()["legacyOrderId"]))
        return Response(200, {"eligible": why is None, "failureReason": [why] if why else []})

    def cancel(self, request: Request) -> Response:
        given = request.json()
        number = str(5_000_000_000 + next(self._numbers))
        self.cancellations.append({"cancel_id": number, "approved": False, **given})
        self._call_off(str(given["legacyOrderId"]))
        return Response(200, {"cancelId": number})

    def approve(self, request: Request, number: str) -> Response:
        for order_id, order in self.orders.items():
            asked = [one["cancelRequestId"] for one in order.get("cancelStatus", {}).get("cancelRequests", [])]
            if number in asked:
                self.cancellations.append({"cancel_id": number, "approved": True, "legacyOrderId": order_id})
                self._call_off(order_id)
                return Response(200, raw=b"")
        return errors(404, 1650, "The cancellation request is not found.")

    def _call_off(self, order_id: str) -> None:
        if order_id in self.orders:
            self.orders[order_id]["cancelStatus"] = {
                "cancelState": "CANCELED",
                "cancelledDate": now(),
                "cancelRequests": [],
            }
            self.orders[order_id]["lastModifiedDate"] = now()

    # --- inventory

    def update_quantities(self, request: Request) -> Response:
        given = request.json()["requests"]
        if len(given) > 25:
            return errors(400, 25709, "More than 25 requests.")
        responses = [said for one in given for said in self._update(one)]
        well = all(one["statusCode"] == 200 for one in responses)
        return Response(200 if well else 207, {"responses": responses})

    def _update(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        sku, units = given["sku"], given["shipToLocationAvailability"]["quantity"]
        if sku not in self.items:
            return [refused_sku(sku, 25702, f"SKU {sku} could not be found or is not available in the system.")]
        if sku in self.refusals:
            return [refused_sku(sku, 25004, self.refusals[sku])]
        self.items[sku]["availability"] = {"shipToLocationAvailability": {"quantity": units}}
        self.figures.append((sku, units))
        said = [{"sku": sku, "statusCode": 200}]
        for offer in given.get("offers", ()):
            known = self.offers.get(sku)
            if known is None or known["offerId"] != offer["offerId"]:
                said.append(refused_sku(sku, 25713, "This Offer is not available.") | {"offerId": offer["offerId"]})
            else:
                known["availableQuantity"] = offer["availableQuantity"]
                said.append({"sku": sku, "offerId": offer["offerId"], "statusCode": 200})
        return said

    def show_items(self, request: Request) -> Response:
        asked = [one["sku"] for one in request.json()["requests"]]
        found = [
            {"sku": sku, "statusCode": 200, "inventoryItem": self.items[sku]}
            if sku in self.items
            else refused_sku(sku, 25710, "We didn't find the resource you are requesting.")
            for sku in asked
        ]
        return Response(200 if all(one["statusCode"] == 200 for one in found) else 207, {"responses": found})

    def list_items(self, request: Request) -> Response:
        """Its ``offset`` is the number of the page, not of the item."""
        items, size = list(self.items.values()), int(request.query.get("limit", "25"))
        number = int(request.query.get("offset", "0"))
        shown = items[number * size : (number + 1) * size]
        more = {"next": f"/sell/inventory/v1/inventory_item?limit={size}&offset={number + 1}"}
        whole = {"inventoryItems": shown, "total": len(items), "size": -(-len(items) // size), "limit": size}
        return Response(200, whole | (more if len(items) > (number + 1) * size else {}))

    def list_offers(self, request: Request) -> Response:
        offer = self.offers.get(request.query["sku"])
        if offer is None:
            return errors(404, 25713, "This Offer is not available.")
        return Response(200, {"offers": [offer], "total": 1, "size": 1, "limit": 100})

    def list_locations(self, request: Request) -> Response:
        return page_of(request, list(self.locations.values()), "locations", 100)

    def seen(self) -> dict[str, Any]:
        with self._lock:
            return {
                "orders": len(self.orders),
                "fulfillments": {key: list(made) for key, made in self.fulfillments.items()},
                "cancellations": list(self.cancellations),
                "figures": list(self.figures),
            }
