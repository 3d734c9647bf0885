"""Shopify's Admin REST API, as far as order management needs it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from apps.channels.errors import ShopUnreachable
from apps.channels.models import Channel
from apps.channels.shops.base import Exchange, Page, Remark, Shipped, dicts, moment

PER_PAGE = 250
_TO_FULFILL = frozenset({"open", "in_progress"})


class Shopify:
    """``api_secret`` of the channel is the Admin API access token; ``base_url`` stands before ``/admin``."""

    def __init__(self, channel: Channel) -> None:
        token = channel.api_secret or channel.api_key
        self._http = Exchange(channel.code, channel.base_url, headers={"X-Shopify-Access-Token": token})
        self._notify = channel.settings.get("notify_customer") is not False

    def changed_orders(self, since: datetime, *, page: int) -> Page:
        """``page`` is ignored: Shopify pages by time alone."""
        params = {"updated_at_min": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "status": "any"}
        params |= {"order": "updated_at asc", "limit": str(PER_PAGE)}
        answer = self._http.ask("GET", f"{_ADMIN}/orders.json", params=params)
        if not isinstance(answer, dict) or not isinstance(answer.get("orders"), list):
            raise ShopUnreachable("a list without orders")
        orders = answer["orders"]
        newest = max((at for one in dicts(orders) if (at := moment(one.get("updated_at")))), default=None)
        return Page(orders, len(orders) >= PER_PAGE, newest, paged=False)

    def tell_shipped(self, shipped: Shipped, *, look: bool) -> str:
        """One fulfillment for each of the shop's locations the lines stand at."""
        order = f"{_ADMIN}/orders/{quote(shipped.external_id, safe='')}"
        if look and self._heard(order, shipped):
            return "the shop had heard it"
        answer = self._http.ask("GET", f"{order}/fulfillment_orders.json")
        groups = _groups(dicts(answer.get("fulfillment_orders")), shipped.units)
        for group in groups:
            self._http.ask(
                "POST", f"{_ADMIN}/fulfillments.json", body={"fulfillment": self._fulfillment(group, shipped)}
            )
        return "the shop was told" if groups else "nothing there was left to fulfill"

    def _heard(self, order: str, shipped: Shipped) -> bool:
        """By the tracking number. Without one, lines told before have no quantity left, and are not told again."""
        answer = self._http.ask("GET", f"{order}/fulfillments.json", none_if_missing=True) or {}
        ours = {parcel.number for parcel in shipped.parcels if parcel.number}
        for fulfillment in dicts(answer.get("fulfillments")):
            theirs = {
                str(fulfillment.get("tracking_number") or ""),
                *map(str, fulfillment.get("tracking_numbers") or []),
            }
            if ours & {number.strip() for text in theirs for number in text.split(",")}:
                return True
        return False

    def _fulfillment(self, group: list[dict[str, Any]], shipped: Shipped) -> dict[str, Any]:
        body: dict[str, Any] = {"line_items_by_fulfillment_order": group, "notify_customer": self._notify}
        numbered = [parcel for parcel in shipped.parcels if parcel.number]
        if numbered:
            number = ", ".join(parcel.number for parcel in numbered)
            body["tracking_info"] = {"number": number, "company": numbered[0].carrier, "url": numbered[0].url}
        return body

    def tell_cancelled(self, external_id: str, *, look: bool) -> str:
        """Always looks: cancelling twice is refused there. Nothing is refunded."""
        order = f"{_ADMIN}/orders/{quote(external_id, safe='')}"
        answer = self._http.ask("GET", f"{order}.json", none_if_missing=True) or {}
        known = answer.get("order")
        if isinstance(known, dict) and known.get("cancelled_at"):
            return "it was cancelled there already"
        self._http.ask("POST", f"{order}/cancel.json", body={"reason": "other", "email": self._notify})
        return "the shop was told"

    def tell_remark(self, remark: Remark, *, look: bool) -> str:
        """Added to the order's note: REST can't edit lines. Always looks, because the note is replaced whole."""
        order = f"{_ADMIN}/orders/{quote(remark.external_id, safe='')}.json"
        known = (self._http.ask("GET", order, none_if_missing=True) or {}).get("order")
        said = str(known.get("note") or "") if isinstance(known, dict) else ""
        if remark.note in said:
            return "the shop had heard it"
        note = "\n".join(part for part in (said, remark.note) if part)
        self._http.ask("PUT", order, body={"order": {"note": note}})
        return "the shop was told"


_ADMIN = "/admin/api/2024-10"


def _groups(fulfillment_orders: list[dict[str, Any]], units: Mapping[str, int]) -> list[list[dict[str, Any]]]:
    """What to fulfill of which fulfillment order, apart for each location; never more than the shop has left."""
    left = dict(units)
    by_location: dict[object, list[dict[str, Any]]] = {}
    for one in fulfillment_orders:
        if one.get("status") not in _TO_FULFILL:
            continue
        lines = dicts(one.get("line_items"))
        taken = [entry for line in lines if (entry := _take(line, left))]
        # One that lists no lines can only be meant whole.
        if taken or not lines:
            group: dict[str, Any] = {"fulfillment_order_id": one.get("id")}
            if taken:
                group["fulfillment_order_line_items"] = taken
            by_location.setdefault(one.get("assigned_location_id"), []).append(group)
    return list(by_location.values())


def _take(line: dict[str, Any], left: dict[str, int]) -> dict[str, Any] | None:
    key = str(line.get("line_item_id"))
    available = line.get("fulfillable_quantity", line.get("quantity"))
    count = min(left.get(key, 0), available if isinstance(available, int) else 0)
    if count <= 0:
        return None
    left[key] -= count
    return {"id": line.get("id"), "quantity": count}
