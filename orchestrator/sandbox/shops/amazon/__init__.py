"""A simulated Amazon: the parts of the Selling Partner API that order management uses, with its shapes, plans and refusals."""

from __future__ import annotations

import gzip
import itertools
import re
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as Xml

from ...exchange import Request, Response
from ..base import Order, Route, SimulatedShop, moment, now
from .answers import errors
from .notifications import Notifications

_PERSONAL = {"BUYER": "buyer", "RECIPIENT": "recipient"}
_ID = r"/([^/]+)"


class Amazon(SimulatedShop):
    """``orders`` as getOrder gives them, by ``orderId``. ``listings`` by SKU. ``strict``: an order that was never put here does not
    exist. ``restricted``: addresses are given to a restricted token only; ``may_read_people``: or to nobody. ``tokens``: access tokens
    that are good, empty for any. ``page_size``: at most so many on a page. ``works_on_feeds``: how often a feed is still being worked on
    when it is asked for; ``feed_errors``: what its report says against the cancellation of an order.
    """

    name = "amazon"

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)
        self.page_size = 100
        self.strict, self.restricted, self.may_read_people = True, False, True
        self.tokens: set[str] = set()
        self.app_tokens: set[str] = set()
        self.office = Notifications()
        self.refresh_tokens: set[str] = set()
        self.lasts_s = 3600
        self.confirmations: list[Order] = []
        self.feeds: list[Order] = []
        self.people_asked: list[str] = []
        self.works_on_feeds = 0
        self.feed_errors: dict[str, str] = {}
        self.listings: dict[str, dict[str, Any]] = {}
        self.patches: list[tuple[str, int]] = []
        self.refusals: dict[str, str] = {}
        # What it says of a figure it accepts: severity and words. With an error it comes to nothing.
        self.issues: dict[str, tuple[str, str]] = {}
        self._documents: dict[str, bytes] = {}
        self._restricted: dict[str, set[str]] = {}
        self._guard = threading.RLock()

    def routes(self) -> list[Route]:
        base, orders, items = "/amazon", "/amazon/orders/2026-01-01/orders", "/amazon/listings/2021-08-01/items/([^/]+)"
        return [
            ("POST", base + "/auth/o2/token", self.give_token),
            ("GET", orders, self._known(self.search)),
            ("GET", orders + _ID, self._known(self.show)),
            ("POST", base + "/tokens/2021-03-01/restrictedDataToken", self._known(self.restrict)),
            ("POST", f"{base}/orders/v0/orders{_ID}/shipmentConfirmation", self._known(self.confirm)),
            ("POST", base + "/feeds/2021-06-30/documents", self._known(self.make_document)),
            ("PUT", base + "/_documents" + _ID, self.take_document),
            ("POST", base + "/feeds/2021-06-30/feeds", self._known(self.feed)),
            ("GET", base + "/feeds/2021-06-30/feeds" + _ID, self._known(self.show_feed)),
            ("GET", base + "/feeds/2021-06-30/documents" + _ID, self._known(self.show_document)),
            ("GET", base + "/_documents" + _ID, self.give_document),
            ("GET", items, self._known(self.search_listings)),
            ("PATCH", items + _ID, self._known(self.patch)),
            ("POST", "/_catalog/amazon", self._put_catalog),
            *self._of_notifications(base + "/notifications/v1"),
        ]

    def _of_notifications(self, base: str) -> list[Route]:
        """Destinations are the application's, subscriptions the seller's."""
        office, subscription = self.office, base + "/subscriptions" + _ID
        return [
            ("GET", base + "/destinations", self._of_app(office.list_destinations)),
            ("POST", base + "/destinations", self._of_app(office.add_destination)),
            ("GET", subscription, self._known(office.show_subscription)),
            ("POST", subscription, self._known(office.subscribe)),
        ]

    def _put_catalog(self, request: Request) -> Response:
        items = request.json()["items"]
        for one in items:
            self.sell(one["sku"], one.get("available", 0))
            made = self.listings[one["sku"]]
            made["summaries"][0]["itemName"] = one.get("title", one["sku"])
            made["attributes"] = {
                "externally_assigned_product_identifier": [{"type": "ean", "value": one.get("barcode", "")}],
                "item_package_weight": [{"value": one.get("weight_g", 0), "unit": "grams"}],
            }
            made["offers"][0]["price"]["amount"] = one.get("price", "10.00")
        return Response(201, {"stored": len(items)})

    def put(self, order: Order) -> None:
        with self._lock:
            self.orders[str(order["orderId"])] = order

    def sell(self, sku: str, units: int = 0, **changes: Any) -> None:
        """Have a listing; ``channel`` for one whose stock Amazon keeps."""
        code = changes.pop("channel", "DEFAULT")
        self.listings[sku] = {
            "sku": sku,
            "summaries": [
                {
                    "marketplaceId": "A1F83G8C2ARO7P", "asin": f"B{len(self.listings):09}", "productType": "PRODUCT",
                    "status": ["BUYABLE", "DISCOVERABLE"], "itemName": f"Thing {sku}", "createdDate": "2026-01-01T00:00:00Z",
                    "lastUpdatedDate": "2026-01-01T00:00:00Z",
                    "mainImage": {"link": f"https://m.example/{sku}.jpg", "height": 500, "width": 500},
                }
            ],
            "attributes": {
                "externally_assigned_product_identifier": [{"type": "ean", "value": f"40{len(self.listings):011}"}],
                "item_package_weight": [{"value": 250, "unit": "grams"}],
            },
            "offers": [{"marketplaceId": "A1F83G8C2ARO7P", "offerType": "B2C", "price": {"currencyCode": "GBP", "amount": "10.00"}}],
            "fulfillmentAvailability": [{"fulfillmentChannelCode": code, "quantity": units}],
        } | changes  # fmt: skip

    # --- tokens

    def _known(self, action: Any) -> Any:
        """Only for whoever shows a token that is good."""

        def answer(request: Request, *parts: str) -> Response:
            token = request.headers.get("x-amz-access-token", "")
            if not token or (self.tokens and token not in self.tokens and token not in self._restricted):
                return errors(403, "Unauthorized", "The access token you provided is revoked, malformed or invalid.")
            with self._guard:
                response: Response = action(request, *parts)
            return response

        return answer

    def _of_app(self, action: Any) -> Any:
        """Only for the application itself, without a seller's leave."""

        def answer(request: Request, *parts: str) -> Response:
            if request.headers.get("x-amz-access-token", "") not in self.app_tokens:
                return errors(403, "Unauthorized", "Access to requested resource is denied.")
            response: Response = action(request, *parts)
            return response

        return answer

    def give_token(self, request: Request) -> Response:
        given = dict(parse_qsl(request.body.decode()))
        if given.get("grant_type") == "client_credentials":
            return self._give_app_token(given.get("scope", ""))
        if given.get("grant_type") == "authorization_code":
            return self._trade(given.get("code", ""))
        if self.refresh_tokens and given.get("refresh_token") not in self.refresh_tokens:
            return Response(400, {"error": "invalid_grant", "error_description": "The request has an invalid grant"})
        return Response(200, self._token())

    def operation(self, request: Request) -> str:
        """Getting a token changes nothing that could be there twice."""
        return "read" if request.path.endswith("/o2/token") else super().operation(request)

    def _give_app_token(self, scope: str) -> Response:
        if scope != "sellingpartnerapi::notifications":
            return Response(400, {"error": "invalid_scope", "error_description": "The requested scope is invalid"})
        token = f"Atc-{next(self._numbers)}"
        self.app_tokens.add(token)
        return Response(200, {"access_token": token, "token_type": "bearer", "expires_in": self.lasts_s})

    def _trade(self, code: str) -> Response:
        if not self.takes_code(code):
            return Response(400, {"error": "invalid_grant", "error_description": "The request has an invalid grant"})
        refresh = f"Atzr-{next(self._numbers)}"
        self.refresh_tokens.add(refresh)
        return Response(200, self._token() | {"refresh_token": refresh})

    def _token(self) -> dict[str, Any]:
        token = f"Atza-{next(self._numbers)}"
        self.tokens.add(token)
        return {"access_token": token, "token_type": "bearer", "expires_in": self.lasts_s}

    def restrict(self, request: Request) -> Response:
        resources = request.json()["restrictedResources"]
        token = f"Atz.sprdt-{next(self._numbers)}"
        self._restricted[token] = {one["path"] for one in resources}
        return Response(200, {"restrictedDataToken": token, "expiresIn": 3600})

    # --- orders

    def search(self, request: Request) -> Response:
        since, token = request.query.get("lastUpdatedAfter", ""), request.query.get("paginationToken", "0")
        if bool(since) == bool(request.query.get("createdAfter")):
            return errors(400, "InvalidInput", "Provide exactly one of createdAfter and lastUpdatedAfter.")
        found = [one for one in self.orders.values() if moment(one["lastUpdatedTime"]) >= moment(since)]
        found.sort(key=lambda one: (str(one["lastUpdatedTime"]), str(one["orderId"])))
        first, size = int(token), min(int(request.query.get("maxResultsPerPage", "100")), self.page_size)
        included = request.query.get("includedData", "").split(",")
        page = [self._shown(one, included, request) for one in found[first : first + size]]
        more = {"pagination": {"nextToken": str(first + size)}} if len(found) > first + size else {}
        return Response(200, {"orders": page, "lastUpdatedBefore": now(), **more}, {"x-amzn-RateLimit-Limit": "0.0056"})

    def show(self, request: Request, order_id: str) -> Response:
        included = request.query.get("includedData", "").split(",")
        if not self.may_read_people and set(included) & set(_PERSONAL):
            return errors(403, "Unauthorized", "Access to requested resource is denied.")
        order = self._order(order_id)
        if order is None:
            return errors(404, "NotFound", "The order is not found.")
        return Response(200, {"order": self._shown(order, included, request)}, {"x-amzn-RateLimit-Limit": "0.5"})

    def _order(self, order_id: str) -> Order | None:
        known = self.orders.get(order_id)
        if known is not None or self.strict:
            return known
        return {
            "orderId": order_id, "createdTime": now(), "lastUpdatedTime": now(), "salesChannel": {"channelName": "AMAZON"},
            "fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"}, "orderItems": [],
        }  # fmt: skip

    def _shown(self, order: Order, included: list[str], request: Request) -> Order:
        """Without the people, unless they were asked for and this token may read them."""
        token, asked = request.headers["x-amz-access-token"], {_PERSONAL[one] for one in included if one in _PERSONAL}
        path = request.path.removeprefix("/amazon")
        allowed = not self.restricted or path in self._restricted.get(token, ())
        if asked:
            self.people_asked.append(str(order["orderId"]))
        people = set(_PERSONAL.values()) - (asked if allowed else set())
        return {name: value for name, value in order.items() if name not in people}

    def confirm(self, request: Request, order_id: str) -> Response:
        given, order = request.json(), self._order(order_id)
        details = given["packageDetail"]
        if problem := _confirmation_problem(given, details, order, self.strict):
            return errors(400, "InvalidInput", problem)
        assert order is not None
        packages = order.setdefault("packages", [])
        package = next((one for one in packages if one["packageReferenceId"] == details["packageReferenceId"]), None)
        self.confirmations.append({"order_id": order_id, **given})
        if package is None:
            packages.append(_package(details))
            for item in details["orderItems"]:
                _ship(order, item["orderItemId"], item["quantity"])
        order["lastUpdatedTime"] = now()
        return Response(204, raw=b"")

    def make_document(self, request: Request) -> Response:
        number = f"doc-{next(self._numbers)}"
        host = request.headers.get("host", "")
        return Response(201, {"feedDocumentId": number, "url": f"http://{host}/amazon/_documents/{number}"})

    def take_document(self, request: Request, number: str) -> Response:
        self._documents[number] = request.body
        return Response(200, raw=b"")

    def feed(self, request: Request) -> Response:
        given = request.json()
        document = self._documents.get(given["inputFeedDocumentId"])
        if document is None:
            return errors(400, "InvalidInput", "The document was not uploaded.")
        number = str(next(self._numbers))
        said = Xml.fromstring(document).find("Message/OrderAcknowledgement")  # noqa: S314 - our own caller wrote it
        assert said is not None
        order_id = str(said.findtext("AmazonOrderID"))
        reasons = [one.text for one in said.iter("CancelReason")]
        self.feeds.append({"feed_id": number, "order_id": order_id, "type": given["feedType"], "reasons": reasons})
        order = self.orders.get(order_id)
        self._documents[f"report-{number}"] = _report(self.feed_errors.get(order_id, ""))
        if order is not None and said.findtext("StatusCode") == "Failure" and order_id not in self.feed_errors:
            order["fulfillment"]["fulfillmentStatus"] = "CANCELLED"
            order["lastUpdatedTime"] = now()
        return Response(202, {"feedId": number})

    def show_feed(self, request: Request, number: str) -> Response:
        made = next((one for one in self.feeds if one["feed_id"] == number), None)
        if made is None:
            return errors(404, "NotFound", "The feed is not found.")
        shown = {"feedId": number, "feedType": made["type"], "createdTime": now(), "processingStatus": "IN_PROGRESS"}
        if self.works_on_feeds:
            self.works_on_feeds -= 1
            return Response(200, shown)
        return Response(200, shown | {"processingStatus": "DONE", "resultFeedDocumentId": f"report-{number}"})

    def show_document(self, request: Request, number: str) -> Response:
        address = f"http://{request.headers.get('host', '')}/amazon/_documents/{number}"
        return Response(200, {"feedDocumentId": number, "url": address, "compressionAlgorithm": "GZIP"})

    def give_document(self, request: Request, number: str) -> Response:
        return Response(200, raw=gzip.compress(self._documents[number]))

    # --- listings

    def search_listings(self, request: Request, seller: str) -> Response:
        found = sorted(self.listings.values(), key=lambda one: str(one["summaries"][0]["createdDate"]))
        if asked := request.query.get("identifiers"):
            found = [one for one in found if one["sku"] in asked.split(",")]
        if since := request.query.get("createdAfter"):
            found = [one for one in found if str(one["summaries"][0]["createdDate"]) >= since]
        found, total = found[:1000], min(len(found), 1000)
        first, size = int(request.query.get("pageToken", "0")), min(int(request.query.get("pageSize", "10")), 20)
        included = {"sku", *request.query.get("includedData", "summaries").split(",")}
        page = [{key: one[key] for key in one if key in included} for one in found[first : first + size]]
        more = {"pagination": {"nextToken": str(first + size)}} if total > first + size else {}
        return Response(200, {"numberOfResults": total, "items": page, **more})

    def patch(self, request: Request, seller: str, sku: str) -> Response:
        given, listing = request.json(), self.listings.get(sku)
        if listing is None:
            return errors(400, "InvalidInput", f"SKU '{sku}' not found in marketplace A1F83G8C2ARO7P")
        [operation] = given["patches"]
        if operation["path"] != "/attributes/fulfillment_availability":
            return errors(400, "InvalidInput", "Only top-level listings item attributes can be patched.")
        answer = {"sku": sku, "status": "ACCEPTED", "submissionId": f"sub-{next(self._numbers)}", "issues": []}
        issue = {"code": "90244", "message": "", "severity": "ERROR", "categories": ["INVALID_ATTRIBUTE"]}
        if refusal := self.refusals.get(sku):
            return Response(200, answer | {"status": "INVALID", "issues": [issue | {"message": refusal}]})
        if sku in self.issues:
            severity, words = self.issues[sku]
            answer |= {"issues": [issue | {"message": words, "severity": severity}]}
            if severity == "ERROR":
                return Response(200, answer)
        [value] = operation["value"]
        self.patches.append((sku, value["quantity"]))
        listing["fulfillmentAvailability"] = [
            {"fulfillmentChannelCode": value["fulfillment_channel_code"], "quantity": value["quantity"]}
        ]
        return Response(200, answer)

    def seen(self) -> dict[str, Any]:
        with self._lock:
            return {
                "orders": len(self.orders),
                "confirmations": list(self.confirmations),
                "feeds": list(self.feeds),
                "stock": {sku: one["fulfillmentAvailability"] for sku, one in self.listings.items()},
            }


def _report(error: str) -> bytes:
    """What became of a feed of one message."""
    said = f"<Result><MessageID>1</MessageID><ResultCode>Error</ResultCode><ResultDescription>{error}</ResultDescription></Result>"
    body = f"<ProcessingReport><StatusCode>Complete</StatusCode>{said if error else ''}</ProcessingReport>"
    return f"<AmazonEnvelope><Message><MessageID>1</MessageID>{body}</Message></AmazonEnvelope>".encode()


def _confirmation_problem(
    given: Mapping[str, Any], details: Mapping[str, Any], order: Order | None, strict: bool
) -> str:
    if not given.get("marketplaceId"):
        return "marketplaceId is missing."
    if not isinstance(details["packageReferenceId"], str) or not re.fullmatch(
        r"[1-9]\d*", details["packageReferenceId"]
    ):
        return "PackageReferenceId: is invalid, must be a positive numeric value."
    if not details.get("trackingNumber") or not details.get("carrierCode"):
        return "trackingNumber and carrierCode are required."
    items = {str(one["orderItemId"]): one for one in (order or {}).get("orderItems", [])}
    if order is None or (strict and any(one["orderItemId"] not in items for one in details["orderItems"])):
        return "OrderItemId is invalid, please obtain the value through the getOrderItems API or Manage Orders page"
    known = {one["packageReferenceId"] for one in order.get("packages", [])}
    if order["fulfillment"]["fulfillmentStatus"] == "SHIPPED" and details["packageReferenceId"] not in known:
        return "Failed to create package due to not finding a matching package or order already fulfilled."
    return ""


def _package(details: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "packageReferenceId": details["packageReferenceId"],
        "packageStatus": {"status": "SHIPPED"},
        "carrier": details.get("carrierName") or details["carrierCode"],
        "shipTime": details["shipDate"],
        "trackingNumber": details["trackingNumber"],
        "packageItems": [
            {"orderItemId": one["orderItemId"], "quantity": one["quantity"]} for one in details["orderItems"]
        ],
    }


def _ship(order: Order, line: str, units: int) -> None:
    for item in order["orderItems"]:
        if str(item["orderItemId"]) == line:
            said = item.setdefault(
                "fulfillment", {"quantityFulfilled": 0, "quantityUnfulfilled": item["quantityOrdered"]}
            )
            said["quantityFulfilled"] = said.get("quantityFulfilled", 0) + units
            said["quantityUnfulfilled"] = max(item["quantityOrdered"] - said["quantityFulfilled"], 0)
    left = [
        one.get("fulfillment", {}).get("quantityUnfulfilled", one["quantityOrdered"]) for one in order["orderItems"]
    ]
    order["fulfillment"]["fulfillmentStatus"] = "PARTIALLY_SHIPPED" if any(left) else "SHIPPED"
