"""WooCommerce's orders: found by polling; shipments, cancellations and changes are reported back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from apps.channels.adapters.woocommerce.api import API, PER_PAGE, Api
from apps.channels.errors import ShopUnreachable
from apps.channels.framework.exchange import time_of
from apps.channels.framework.json_values import dicts, moment
from apps.channels.framework.paging import SECOND, Page
from apps.channels.framework.shop import MissingOrder, OrderNote, Parcel, ShipmentReport
from apps.core import clock
from apps.outbound.client import Reply

_ORDERS = f"{API}/orders"
# Where the usual plugins for tracking take it: WooCommerce Shipment Tracking, and Advanced Shipment Tracking in its place.
_TRACKING = "/wp-json/wc-shipment-tracking/v3/orders"
_ENDED = frozenset({"completed", "cancelled", "refunded", "trash"})
BIN = "trash"
# What stands in the shop as an order that nobody has placed yet, or that was taken back to that.
_NOT_PLACED = frozenset({"checkout-draft", "auto-draft", "draft"})


class Orders(Api):
    listings = (BIN, "any")
    id_pattern = r"^\d+$"

    def changed_orders(self, listing: str, since: datetime, until: datetime | None, mark: str) -> Page:
        """It pages by number alone, and orders of one second stand in no order: so pages go by id. The second before is asked
        for, which it leaves out."""
        params = {"modified_after": _gmt(since - SECOND), "dates_are_gmt": "true", "status": listing, "order": "asc"}
        params |= {"orderby": "id" if mark else "modified", "per_page": str(PER_PAGE), "page": mark or "1"}
        if until is not None:
            params["modified_before"] = _gmt(until + SECOND)
        orders, response = self._list(params)
        moments = [moment(one.get("date_modified_gmt")) if isinstance(one, dict) else None for one in orders]
        total = response.headers.get("x-wp-total", "")
        return Page(
            orders,
            moments,
            _next(response, int(mark or "0"), bool(orders)),
            by_time=not mark,
            total=int(total) if total.isdecimal() else None,
            shop_time=time_of(response),
        )

    def _list(self, params: Mapping[str, str]) -> tuple[list[Any], Reply]:
        orders, response = self._http.ask_page(_ORDERS, params)
        if not isinstance(orders, list):
            raise ShopUnreachable("no list of orders")
        return orders, response

    def missing_orders(self, external_ids: Sequence[str]) -> list[MissingOrder]:
        params = {"include": ",".join(external_ids), "status": "any", "per_page": str(PER_PAGE), "_fields": "id,status"}
        listed = {str(one.get("id")) for one in dicts(self._list(params)[0]) if one.get("status") not in _NOT_PLACED}
        looked = [self._look(one) for one in external_ids if one not in listed]
        return [one for one in looked if one is not None]

    def _look(self, external_id: str) -> MissingOrder | None:
        status, order = self._http.ask_one(f"{_ORDERS}/{quote(external_id, safe='')}")
        if not isinstance(order, dict):
            return None
        if status == 404:
            # Any other 404 is about the address, not about the order.
            return MissingOrder(external_id, None) if str(order.get("code")).endswith("_invalid_id") else None
        return MissingOrder(external_id, None if order.get("status") in _NOT_PLACED else order)

    def order_with_refunds(self, external_id: str) -> dict[str, Any] | None:
        path = f"{_ORDERS}/{quote(external_id, safe='')}"
        order = self._http.ask("GET", path, none_if_missing=True)
        refunds = self._http.ask("GET", f"{path}/refunds", params={"per_page": str(PER_PAGE)}, none_if_missing=True)
        if not isinstance(order, dict) or not isinstance(refunds, list):
            return None
        return {**order, "refunds": dicts(refunds)}

    def report_shipment(self, shipped: ShipmentReport, *, check_first: bool) -> str:
        """Its parcels in the fields of a tracking plugin, where there is one; a note, to the customer too; and, with the last
        shipment, the order is completed."""
        order = f"{_ORDERS}/{quote(shipped.external_id, safe='')}"
        if not (check_first and self._noted(order, shipped.ref)):
            tracked = self._track(shipped)
            # With the mail of the completed order the plugin sends the customer its parcels.
            customer = self._connection.settings.notify_customer and not (tracked and shipped.complete)
            self._http.ask("POST", f"{order}/notes", body={"note": _note(shipped), "customer_note": customer})
        if not shipped.complete:
            return "sent to the shop; more is to follow"
        if self._status(order) in _ENDED:
            return "sent to the shop; the order had ended there"
        self._http.ask("PUT", order, body={"status": "completed"})
        return "sent to the shop; the order is completed there"

    def _track(self, shipped: ShipmentReport) -> bool:
        """Whether a plugin has the parcels now; one that is there already is left alone."""
        path = f"{_TRACKING}/{quote(shipped.external_id, safe='')}/shipment-trackings"
        parcels = [parcel for parcel in shipped.parcels if parcel.number]
        status, known = self._http.ask_one(path) if parcels else (404, None)
        if status == 404 or not isinstance(known, list):
            return False
        numbers = {str(one.get("tracking_number")) for one in dicts(known)}
        for parcel in parcels:
            if parcel.number not in numbers:
                self._http.ask("POST", path, body=_tracking(parcel))
        return True

    def _noted(self, order: str, ref: str) -> bool:
        notes = self._http.ask("GET", f"{order}/notes", none_if_missing=True)
        return any(ref in str(note.get("note")) for note in dicts(notes))

    def _status(self, order: str) -> str:
        known = self._http.ask("GET", order, none_if_missing=True)
        return str(known.get("status")) if isinstance(known, dict) else ""

    def report_cancellation(self, external_id: str, *, check_first: bool) -> str:
        """Saying it twice changes nothing there. An order that ended otherwise is left alone."""
        order = f"{_ORDERS}/{quote(external_id, safe='')}"
        if self._status(order) in _ENDED:
            return "the order had ended there already"
        self._http.ask("PUT", order, body={"status": "cancelled"})
        return "sent to the shop"

    def add_note(self, note: OrderNote, *, check_first: bool) -> str:
        """A note, to the customer too. The lines there stay as they were ordered: they are what was paid."""
        order = f"{_ORDERS}/{quote(note.external_id, safe='')}"
        known = check_first and self._noted(order, note.text)
        if not known:
            self._http.ask(
                "POST",
                f"{order}/notes",
                body={"note": note.text, "customer_note": self._connection.settings.notify_customer},
            )
        if not note.complete or self._status(order) in _ENDED:
            return "the shop had it already" if known else "sent to the shop"
        self._http.ask("PUT", order, body={"status": "completed"})
        return "sent to the shop; the order is completed there"


def _gmt(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _next(response: Reply, page: int, found: bool) -> str:
    """After the first, by time, comes the first by id. A shop that does not say how many there are is asked until none is."""
    pages = response.headers.get("x-wp-totalpages", "")
    more = int(pages) > max(page, 1) if pages.isdecimal() else found
    return str(page + 1) if more else ""


def _note(shipped: ShipmentReport) -> str:
    parcels = [" ".join(part for part in (p.carrier, p.number, p.url) if part) for p in shipped.parcels]
    tracking = "; ".join(text for text in parcels if text) or "no tracking"
    return f"Shipped: {tracking} ({shipped.ref})"


def _tracking(parcel: Parcel) -> dict[str, str]:
    """As a carrier of its own: the plugins' lists of carriers differ, and what they don't know they refuse."""
    return {
        "custom_tracking_provider": parcel.carrier or "-",
        "custom_tracking_link": parcel.url,
        "tracking_number": parcel.number,
        "date_shipped": f"{clock.now().astimezone(UTC):%Y-%m-%d}",
    }
