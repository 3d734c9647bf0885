"""Amazon's Selling Partner API, as far as order management needs it: orders in, shipments and cancellations out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext_noop

from apps.channels.adapters.amazon.calls import SellingPartner
from apps.channels.adapters.amazon.cancel_feed import FEED_TYPE, XML, cancel_feed, errors_in
from apps.channels.adapters.amazon.carriers import carrier_of
from apps.channels.adapters.amazon.listings import Listings
from apps.channels.adapters.amazon.marketplaces import country_and_currency
from apps.channels.adapters.amazon.messages import ships_here
from apps.channels.adapters.amazon.notifications import Notifications
from apps.channels.adapters.amazon.settings import AmazonSettings
from apps.channels.errors import ShopDeclined, ShopNotReady, ShopUnreachable, ShopWorking
from apps.channels.framework.catalog import CatalogPage
from apps.channels.framework.json_values import dicts, moment
from apps.channels.framework.paging import Page
from apps.channels.framework.refusal_text import shop_words
from apps.channels.framework.setup import ConnectionReport, Hook, Scope
from apps.channels.framework.shop import Connection, Parcel, ShipmentReport, Shop
from apps.channels.framework.stock import Article, Figure, FigureResult, Shown
from apps.core import clock

VERSION = "2026-01-01"
PER_PAGE = 100
_ORDERS = f"/orders/{VERSION}/orders"
_TOKENS, _FEEDS = "/tokens/2021-03-01/restrictedDataToken", "/feeds/2021-06-30"
# What is nobody's personal data, and what is.
OPEN = "PROCEEDS,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,PAYMENT"
PERSONAL = "BUYER,RECIPIENT"
# How often it is asked what became of a feed.
LOOKS_EVERY = timedelta(minutes=2)
_NOBODYS_ORDER = "000-0000000-0000000"


class Amazon(Shop):
    """``api_key`` and ``api_secret`` of the channel are the client id and secret of the app (Login with Amazon)."""

    id_pattern = r"^\d{3}-\d{7}-\d{7}$"

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        assert isinstance(connection.settings, AmazonSettings)
        self._settings = connection.settings
        self._calls = SellingPartner(connection)
        self._listings = Listings(self._calls, self._settings)
        self._notifications = Notifications(self._calls, self._settings.queue)

    # --- orders in

    def changed_orders(self, listing: str, since: datetime, until: datetime | None, mark: str) -> Page:
        """Without anybody's address: of an order that ships here it is asked for when the order is fetched."""
        params = {"lastUpdatedAfter": _iso(since), "includedData": OPEN, "maxResultsPerPage": str(PER_PAGE)}
        params |= {"marketplaceIds": self._settings.marketplace_id} if self._settings.marketplace_id else {}
        params |= {"paginationToken": mark} if mark else {}
        answer = self._calls.ask("searchOrders", "GET", _ORDERS, params=params)
        orders = answer.body.get("orders")
        if not isinstance(orders, list):
            raise ShopUnreachable("no list of orders")
        moments = [moment(one.get("lastUpdatedTime")) if isinstance(one, dict) else None for one in orders]
        paging = answer.body.get("pagination")
        following = str(paging.get("nextToken") or "") if isinstance(paging, dict) else ""
        return Page(orders, moments, following, by_time=not mark, shop_time=answer.at, id_key="orderId")

    def whole_order(self, external_id: str) -> dict[str, Any] | None:
        """With buyer and recipient if it ships here, and only then. An app that may not read them gets an order without. One of
        another store of the seller's, which notifications name too, is another channel's: here there is none of that id."""
        order = self._order(external_id, OPEN)
        if order is None or not self._is_of_this_store(order):
            return None
        if not ships_here(order):
            return order
        people = self._order(external_id, PERSONAL, self._restricted_token(external_id)) or {}
        return order | {name: people.get(name) for name in ("buyer", "recipient")}

    def _is_of_this_store(self, order: Mapping[str, Any]) -> bool:
        sold = order.get("salesChannel")
        store = sold.get("marketplaceId") if isinstance(sold, dict) else None
        return not store or not self._settings.marketplace_id or store == self._settings.marketplace_id

    def _order(self, external_id: str, included: str, token: str = "") -> dict[str, Any] | None:
        path = f"{_ORDERS}/{quote(external_id, safe='')}"
        answer = self._calls.call("getOrder", "GET", path, params={"includedData": included}, token=token)
        if answer.status == 404:
            return None
        if not answer.went_well:
            raise self._calls.declined("getOrder", answer)
        order = answer.body.get("order")
        if not isinstance(order, dict):
            raise ShopUnreachable("an answer without its order")
        return order

    def _restricted_token(self, external_id: str) -> str:
        """Good for this order alone; empty where the app's roles will do."""
        if not self._settings.restricted_data_token:
            return ""
        resource = {
            "method": "GET",
            "path": f"{_ORDERS}/{external_id}",
            "dataElements": ["buyerInfo", "shippingAddress"],
        }
        answer = self._calls.ask("restrictedDataToken", "POST", _TOKENS, body={"restrictedResources": [resource]})
        return str(answer.body.get("restrictedDataToken") or "")

    # --- what happened is reported

    def report_shipment(self, shipped: ShipmentReport, *, check_first: bool) -> str:
        """One confirmation for each parcel. Amazon takes one of the same reference as a correction of the first, not as another."""
        parcels = shipped.by_parcel()
        units = sum(sum(parcel.units.values()) for parcel in parcels)
        if any(not parcel.number for parcel in parcels):
            why = "Amazon takes no parcel without a tracking number"
            raise ShopNotReady(channel=self._connection.channel, units=units, reason=why, reported={})
        known = self._packages(shipped.external_id) if check_first else frozenset()
        said = "the shop had it already"
        for number, parcel in enumerate(parcels, 1):
            reference = _reference(shipped.ref, number)
            if not {reference, parcel.number} & known:
                self._confirm(shipped, parcel, reference)
                said = "sent to the shop"
        return said if shipped.complete else f"{said}; more is to follow"

    def _packages(self, external_id: str) -> frozenset[str]:
        """The references and tracking numbers of what Amazon knows as shipped."""
        order = self._order(external_id, "PACKAGES") or {}
        found = dicts(order.get("packages"))
        return frozenset(str(one.get(name) or "") for one in found for name in ("packageReferenceId", "trackingNumber"))

    def _confirm(self, shipped: ShipmentReport, parcel: Parcel, reference: str) -> None:
        details = {
            "packageReferenceId": reference,
            **carrier_of(parcel.carrier, self._settings.tables.get("carriers", {})),
            "trackingNumber": parcel.number,
            "shipDate": _iso(shipped.shipped_at or clock.now()),
            "orderItems": [{"orderItemId": line, "quantity": count} for line, count in parcel.units.items()],
        }
        path = f"/orders/v0/orders/{quote(shipped.external_id, safe='')}/shipmentConfirmation"
        body = {"marketplaceId": self._settings.marketplace_id, "packageDetail": details}
        answer = self._calls.call("confirmShipment", "POST", path, body=body)
        # Somebody may have confirmed it in Seller Central.
        if not answer.went_well and not (answer.status == 400 and self._shipped_there(shipped)):
            raise self._calls.declined("confirmShipment", answer)

    def _shipped_there(self, shipped: ShipmentReport) -> bool:
        order = self._order(shipped.external_id, "FULFILLMENT") or {}
        done = {str(one.get("orderItemId")): one.get("fulfillment") for one in dicts(order.get("orderItems"))}
        fulfilled = {line: (said or {}).get("quantityFulfilled") or 0 for line, said in done.items()}
        return all(
            fulfilled.get(line, 0) >= count + shipped.before.get(line, 0) for line, count in shipped.units.items()
        )

    def report_cancellation(self, external_id: str, *, check_first: bool) -> str:
        """By a feed, the only way there is for an order the merchant fulfills: Amazon acts on it within the hour, and says then what
        became of it. Asked twice, it changes nothing the second time."""
        order = self._order(external_id, "FULFILLMENT,CANCELLATION") or {}
        if not ships_here(order):
            return "the order had ended there already"
        document = self._calls.ask("createFeedDocument", "POST", f"{_FEEDS}/documents", body={"contentType": XML}).body
        self._calls.upload(str(document.get("url") or ""), cancel_feed(self._settings.seller_id, order), XML)
        feed = {
            "feedType": FEED_TYPE,
            "marketplaceIds": [self._settings.marketplace_id],
            "inputFeedDocumentId": document.get("feedDocumentId"),
        }
        made = self._calls.ask("createFeed", "POST", f"{_FEEDS}/feeds", body=feed)
        raise ShopWorking(str(made.body.get("feedId") or ""), clock.now() + LOOKS_EVERY)

    def result_of(self, ticket: str) -> str:
        """Of a feed."""
        feed = self._calls.ask("getFeed", "GET", f"{_FEEDS}/feeds/{quote(ticket, safe='')}").body
        status, result = feed.get("processingStatus"), str(feed.get("resultFeedDocumentId") or "")
        if status in ("IN_QUEUE", "IN_PROGRESS"):
            raise ShopWorking(ticket, clock.now() + LOOKS_EVERY)
        wrong = self._errors_of(result) if result else []
        if wrong or status != "DONE":
            said = shop_words(wrong) or f"the feed ended as {status}"
            raise ShopDeclined(channel=self._connection.channel, answer=200, operation=f"feed {ticket}", said=said)
        return f"done by Amazon, by feed {ticket}"

    def _errors_of(self, document: str) -> list[str]:
        path = f"{_FEEDS}/documents/{quote(document, safe='')}"
        given = self._calls.ask("getFeedDocument", "GET", path).body
        report = self._calls.download(str(given.get("url") or ""))
        try:
            return errors_in(report, str(given.get("compressionAlgorithm") or ""))
        except ValueError:
            raise ShopUnreachable("the report of a feed can't be read") from None

    # --- stock and catalog

    def send_stock(self, figures: Sequence[Figure]) -> Sequence[FigureResult]:
        return [self._listings.send(figure) for figure in figures]

    def read_stock(self, articles: Sequence[Article]) -> Sequence[Shown]:
        return self._listings.shown(articles)

    def catalog_page(self, mark: str) -> CatalogPage:
        return self._listings.page(mark)

    # --- setting up

    def check_connection(self) -> ConnectionReport:
        """Each role is tried by a question that costs little: an order nobody has, and one listing."""
        orders = self._may_ask(OPEN)
        scopes = (
            Scope(
                name="Inventory and Order Tracking",
                purpose=gettext_noop("reads orders and confirms shipments"),
                granted=orders,
            ),
            Scope(
                name="Direct-to-Consumer Delivery (Restricted)",
                purpose=gettext_noop("reads the addresses of orders that ship from here"),
                granted=orders and self._may_ask(PERSONAL),
            ),
            Scope(
                name="Product Listing",
                purpose=gettext_noop("sends stock and reads the catalog"),
                granted=self._listings.may(),
            ),
        )
        country, currency = country_and_currency(self._settings.marketplace_id)
        # A seller is in several stores, and each is a channel of its own.
        account = f"{self._settings.seller_id} {self._settings.marketplace_id}".strip()
        return ConnectionReport(account=account, country=country, currency=currency, scopes=scopes)

    def hooks(self) -> Sequence[Hook]:
        return self._notifications.hooks()

    def register_hooks(self, address: str, secret: str) -> Sequence[Hook]:
        """Amazon sends to the queue; whoever forwards from there is given address and secret by hand."""
        return self._notifications.register()

    def _may_ask(self, included: str) -> bool:
        answer = self._calls.call("getOrder", "GET", f"{_ORDERS}/{_NOBODYS_ORDER}", params={"includedData": included})
        if answer.status == 401:
            raise self._calls.declined("getOrder", answer)
        return answer.status != 403


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _reference(ref: str, number: int) -> str:
    """The same in every attempt, and within an order in no other parcel. Amazon takes positive numbers, as text."""
    return str(int(hashlib.sha256(f"{ref}:{number}".encode()).hexdigest()[:7], 16) + 1)
