"""WooCommerce's REST API v3, as far as order management needs it."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from apps.channels.errors import ShopUnreachable
from apps.channels.models import Channel
from apps.channels.shops.base import Exchange, Page, Remark, Shipped, dicts, moment

PER_PAGE = 100
_API = "/wp-json/wc/v3/orders"
_ENDED = frozenset({"completed", "cancelled", "refunded", "trash"})


class WooCommerce:
    """``api_key`` and ``api_secret`` of the channel are the consumer key and secret of the REST API."""

    def __init__(self, channel: Channel) -> None:
        self._http = Exchange(channel.code, channel.base_url, auth=(channel.api_key, channel.api_secret))
        self._notify = channel.settings.get("notify_customer") is not False

    def changed_orders(self, since: datetime, *, page: int) -> Page:
        params = {"modified_after": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}", "dates_are_gmt": "true"}
        params |= {"orderby": "modified", "order": "asc", "per_page": str(PER_PAGE), "page": str(page)}
        orders = self._http.ask("GET", _API, params=params)
        if not isinstance(orders, list):
            raise ShopUnreachable("no list of orders")
        newest = max((at for one in dicts(orders) if (at := moment(one.get("date_modified_gmt")))), default=None)
        return Page(orders, len(orders) >= PER_PAGE, newest, paged=True)

    def tell_shipped(self, shipped: Shipped, *, look: bool) -> str:
        """A note with the parcels, to the customer too; and, with the last shipment, the order is completed."""
        order = f"{_API}/{quote(shipped.external_id, safe='')}"
        if not (look and self._noted(order, shipped.ref)):
            body = {"note": _note(shipped), "customer_note": self._notify}
            self._http.ask("POST", f"{order}/notes", body=body)
        if not shipped.complete:
            return "the shop was told; more is to come"
        if self._status(order) in _ENDED:
            return "the shop was told; the order had ended there"
        self._http.ask("PUT", order, body={"status": "completed"})
        return "the shop was told; the order is completed there"

    def _noted(self, order: str, ref: str) -> bool:
        notes = self._http.ask("GET", f"{order}/notes", none_if_missing=True)
        return any(ref in str(note.get("note")) for note in dicts(notes))

    def _status(self, order: str) -> str:
        known = self._http.ask("GET", order, none_if_missing=True)
        return str(known.get("status")) if isinstance(known, dict) else ""

    def tell_cancelled(self, external_id: str, *, look: bool) -> str:
        """Saying it twice changes nothing there. An order that ended otherwise is left alone."""
        order = f"{_API}/{quote(external_id, safe='')}"
        if self._status(order) in _ENDED:
            return "the order had ended there already"
        self._http.ask("PUT", order, body={"status": "cancelled"})
        return "the shop was told"

    def tell_remark(self, remark: Remark, *, look: bool) -> str:
        """A note, to the customer too. The lines there stay as they were ordered: they are what was paid."""
        order = f"{_API}/{quote(remark.external_id, safe='')}"
        if look and self._noted(order, remark.note):
            return "the shop had heard it"
        self._http.ask("POST", f"{order}/notes", body={"note": remark.note, "customer_note": self._notify})
        return "the shop was told"


def _note(shipped: Shipped) -> str:
    parcels = [" ".join(part for part in (p.carrier, p.number, p.url) if part) for p in shipped.parcels]
    said = "; ".join(text for text in parcels if text) or "no tracking"
    return f"Shipped: {said} ({shipped.ref})"
