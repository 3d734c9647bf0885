"""eBay's Sell APIs, as far as order management needs them: orders in, shipments and cancellations out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext_noop

from apps.channels.adapters.ebay.calls import SellApi, mark_of
from apps.channels.adapters.ebay.carriers import carrier_code
from apps.channels.adapters.ebay.inventory import Inventory
from apps.channels.adapters.ebay.notifications import Notifications
from apps.channels.adapters.ebay.settings import EbaySettings
from apps.channels.errors import ShopDeclined, ShopUnreachable
from apps.channels.framework.catalog import CatalogPage, Location
from apps.channels.framework.json_values import dicts, moment
from apps.channels.framework.paging import Page
from apps.channels.framework.setup import ConnectionReport, Hook, Scope
from apps.channels.framework.shop import Connection, Parcel, ShipmentReport, Shop
from apps.channels.framework.stock import Article, Figure, FigureResult, Shown
from apps.core.text import Text

VERSION = "v1"
PER_PAGE = 200
_ORDERS, _CANCELLATIONS = "/sell/fulfillment/v1/order", "/post-order/v2/cancellation"
_KEYS = "/commerce/notification/v1/public_key"
NOTIFICATIONS = "https://api.ebay.com/oauth/api_scope/commerce.notification.subscription"
IDENTITY = "https://api.ebay.com/oauth/api_scope/commerce.identity.readonly"
FULFILL, INVENTORY = (f"https://api.ebay.com/oauth/api_scope/sell.{name}" for name in ("fulfillment", "inventory"))
_NO_STOCK = "OUT_OF_STOCK_OR_CANNOT_FULFILL"


class Ebay(Shop):
    """``api_key`` and ``api_secret`` of the channel are the client id and secret of the application's keyset."""

    id_pattern = r"^[\d-]+$"

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        assert isinstance(connection.settings, EbaySettings)
        self._calls = SellApi(connection)
        self._inventory = Inventory(self._calls, connection.settings.marketplace_id)
        self._notifications = Notifications(self._calls, connection.channel, connection.settings.alert_email)

    # --- orders in

    def changed_orders(self, listing: str, since: datetime, until: datetime | None, mark: str) -> Page:
        params = {"filter": f"lastmodifieddate:[{_iso(since)}..]", "limit": str(PER_PAGE), "offset": mark or "0"}
        answer = self._calls.call("getOrders", "GET", _ORDERS, params=params)
        if not answer.went_well:
            raise self._calls.declined("getOrders", answer)
        orders = answer.body.get("orders")
        if not isinstance(orders, list):
            raise ShopUnreachable("no list of orders")
        moments = [moment(one.get("lastModifiedDate")) if isinstance(one, dict) else None for one in orders]
        total = answer.body.get("total")
        return Page(
            orders,
            moments,
            mark_of(answer.body.get("next")),
            by_time=not mark,
            total=total if isinstance(total, int) else None,
            shop_time=answer.at,
            id_key="orderId",
        )

    def whole_order(self, external_id: str) -> dict[str, Any] | None:
        answer = self._calls.call("getOrder", "GET", f"{_ORDERS}/{quote(external_id, safe='')}")
        if answer.status == 404:
            return None
        if not answer.went_well:
            raise self._calls.declined("getOrder", answer)
        return dict(answer.body)

    def public_key(self, key_id: str) -> str | None:
        answer = self._calls.call("getPublicKey", "GET", f"{_KEYS}/{quote(key_id, safe='')}")
        if answer.status in (400, 404):
            return None
        if not answer.went_well:
            raise self._calls.declined("getPublicKey", answer)
        return str(answer.body.get("key") or "") or None

    # --- what happened is reported

    def report_shipment(self, shipped: ShipmentReport, *, check_first: bool) -> str:
        """One fulfillment for each parcel. Of a parcel without a number, eBay gets the units alone."""
        known = self._fulfillments(shipped.external_id) if check_first else []
        said = "the shop had it already"
        for parcel in shipped.by_parcel():
            if not _is_known(parcel, known):
                self._fulfill(shipped, parcel)
                said = "sent to the shop"
        return said if shipped.complete else f"{said}; more is to follow"

    def _fulfillments(self, external_id: str) -> list[dict[str, Any]]:
        path = f"{_ORDERS}/{quote(external_id, safe='')}/shipping_fulfillment"
        return dicts(self._calls.ask("getFulfillments", "GET", path).get("fulfillments"))

    def _fulfill(self, shipped: ShipmentReport, parcel: Parcel) -> None:
        items = [{"lineItemId": line, "quantity": count} for line, count in parcel.units.items()]
        body: dict[str, Any] = {"lineItems": items}
        body |= {"shippedDate": _iso(shipped.shipped_at)} if shipped.shipped_at else {}
        if number := _tracking(parcel.number):
            own = self._connection.settings.tables.get("carriers", {})
            body |= {"shippingCarrierCode": carrier_code(parcel.carrier, own), "trackingNumber": number}
        path = f"{_ORDERS}/{quote(shipped.external_id, safe='')}/shipping_fulfillment"
        answer = self._calls.call("createFulfillment", "POST", path, body=body)
        # Somebody may have marked it as shipped there.
        if not answer.went_well and not (answer.status in (400, 409) and self._shipped_there(shipped)):
            raise self._calls.declined("createFulfillment", answer)

    def _shipped_there(self, shipped: ShipmentReport) -> bool:
        order = self.whole_order(shipped.external_id) or {}
        done = {
            str(one.get("lineItemId"))
            for one in dicts(order.get("lineItems"))
            if one.get("lineItemFulfillmentStatus") == "FULFILLED"
        }
        return shipped.units.keys() <= done

    def report_cancellation(self, external_id: str, *, check_first: bool) -> str:
        """What the buyer asked for is approved; else eBay is asked whether it can be cancelled, and to do so."""
        order = self.whole_order(external_id) or {}
        status: Mapping[str, Any] = order.get("cancelStatus") or {}
        if status.get("cancelState") == "CANCELED" or order.get("orderFulfillmentStatus") == "FULFILLED":
            return "the order had ended there already"
        asked = dicts(status.get("cancelRequests"))
        waiting = [one for one in asked if one.get("cancelRequestState") == "REQUESTED"]
        if waiting and waiting[-1].get("cancelInitiator") == "BUYER":
            number = quote(str(waiting[-1].get("cancelRequestId")), safe="")
            self._calls.ask("approveCancellation", "POST", f"{_CANCELLATIONS}/{number}/approve")
            return "the buyer's request was approved"
        if waiting:
            return "asked of the shop already"
        return self._cancel(external_id)

    def _cancel(self, external_id: str) -> str:
        of = {"legacyOrderId": external_id}
        eligible = self._calls.ask("checkCancellation", "POST", f"{_CANCELLATIONS}/check_eligibility", body=of)
        if eligible.get("eligible") is False:
            # It has to be refunded there, by a person.
            why = eligible.get("failureReason") or ["not eligible"]
            said = ", ".join(map(str, why)) if isinstance(why, list) else str(why)
            do = Text("Refund it at eBay by hand, or ship it.")
            channel = self._connection.channel
            raise ShopDeclined(channel=channel, answer=200, operation="the cancellation", said=said, do=do)
        made = self._calls.ask("createCancellation", "POST", _CANCELLATIONS, body=of | {"cancelReason": _NO_STOCK})
        return f"asked of the shop ({made.get('cancelId')})"

    # --- stock and catalog

    def send_stock(self, figures: Sequence[Figure]) -> Sequence[FigureResult]:
        return self._inventory.send(figures)

    def read_stock(self, articles: Sequence[Article]) -> Sequence[Shown]:
        return self._inventory.shown(articles)

    def catalog_page(self, mark: str) -> CatalogPage:
        return self._inventory.page(mark)

    def locations(self) -> Sequence[Location]:
        return self._inventory.locations()

    # --- setting up

    def check_connection(self) -> ConnectionReport:
        orders = self._calls.call("getOrders", "GET", _ORDERS, params={"limit": "1"})
        if orders.status == 401:
            raise self._calls.declined("getOrders", orders)
        latest: Mapping[str, Any] = next(iter(dicts(orders.body.get("orders"))), {})
        scopes = (
            Scope(
                name=FULFILL, purpose=gettext_noop("reads orders and reports shipments"), granted=orders.status != 403
            ),
            Scope(
                name=INVENTORY,
                purpose=gettext_noop("sends stock and reads the catalog"),
                granted=self._inventory.may(),
                needed=False,
            ),
            Scope(
                name=NOTIFICATIONS,
                purpose=gettext_noop("has new orders announced at once"),
                granted=self._notifications.may(),
                needed=False,
            ),
        )
        seller = str(latest.get("sellerId") or "") or self._user()
        return ConnectionReport(shop_name=seller, account=seller, scopes=scopes)

    def hooks(self) -> Sequence[Hook]:
        return self._notifications.hooks()

    def register_hooks(self, address: str, secret: str) -> Sequence[Hook]:
        """``secret``: the verification token, by which the address shows that it is ours."""
        return self._notifications.register(address, secret)

    def _user(self) -> str:
        """Whose access it is, where no order says so."""
        answer = self._calls.call("getUser", "GET", "/commerce/identity/v1/user/")
        return str(answer.body.get("username") or "") if answer.went_well else ""


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"


def _tracking(number: str) -> str:
    """eBay takes letters and digits alone."""
    return re.sub(r"[^0-9A-Za-z]", "", number)


def _is_known(parcel: Parcel, known: Sequence[Mapping[str, Any]]) -> bool:
    """By its number; one without by its units, which are in no other parcel."""
    number = _tracking(parcel.number)
    for one in known:
        units = {str(item.get("lineItemId")): item.get("quantity") for item in dicts(one.get("lineItems"))}
        if number and str(one.get("shipmentTrackingNumber") or "") == number:
            return True
        if not number and not one.get("shipmentTrackingNumber") and units == dict(parcel.units):
            return True
    return False
