"""Shopify's Admin REST API, as far as order management needs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from apps.channels.adapters.shopify.fulfilling import plan_of
from apps.channels.errors import ShopNotReady, ShopUnreachable
from apps.channels.framework.exchange import Exchange, time_of
from apps.channels.framework.json_values import dicts, moment
from apps.channels.framework.paging import Page
from apps.channels.framework.shop import Connection, MissingOrder, OrderNote, ShipmentReport, Shop
from apps.outbound.client import Reply, links_of

VERSION = "2024-10"
PER_PAGE = 250
_ADMIN = f"/admin/api/{VERSION}"


class Shopify(Shop):
    """``api_secret`` of the channel is the Admin API access token; ``base_url`` stands before ``/admin``."""

    id_pattern = r"^\d+$"
    # Older orders are shown only to apps with the scope read_all_orders.
    remembers: timedelta | None = timedelta(days=55)

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        token = connection.api_secret or connection.api_key
        self._http = Exchange(connection.channel, connection.base_url, headers={"X-Shopify-Access-Token": token})

    def changed_orders(self, listing: str, since: datetime, until: datetime | None, mark: str) -> Page:
        """Its next page is named by the answer's Link; where something on the way took that off, orders go on by their id."""
        params = {"limit": str(PER_PAGE)}
        kind, _, value = mark.partition(":")
        if kind == "page_info":
            params["page_info"] = value
        else:
            params |= {"updated_at_min": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "status": "any"}
            params |= {"since_id": value} if mark else {"order": "updated_at asc"}
        orders, response = self._list(params)
        moments = [moment(one.get("updated_at")) if isinstance(one, dict) else None for one in orders]
        return Page(orders, moments, _next(response, mark, orders), kind != "since_id", shop_time=time_of(response))

    def _list(self, params: Mapping[str, str]) -> tuple[list[Any], Reply]:
        answer, response = self._http.ask_page(f"{_ADMIN}/orders.json", params)
        if not isinstance(answer, dict) or not isinstance(answer.get("orders"), list):
            raise ShopUnreachable("a list without orders")
        return answer["orders"], response

    def missing_orders(self, external_ids: Sequence[str]) -> list[MissingOrder]:
        params = {"ids": ",".join(external_ids), "status": "any", "limit": str(PER_PAGE), "fields": "id"}
        listed = {str(one.get("id")) for one in dicts(self._list(params)[0])}
        looked = [self._look(one) for one in external_ids if one not in listed]
        return [one for one in looked if one is not None]

    def _look(self, external_id: str) -> MissingOrder | None:
        status, body = self._http.ask_one(f"{_ADMIN}/orders/{quote(external_id, safe='')}.json")
        if status == 404:
            # Any other 404 is about the address, not about the order.
            return (
                MissingOrder(external_id, None)
                if isinstance(body, dict) and body.get("errors") == "Not Found"
                else None
            )
        order = body.get("order") if isinstance(body, dict) else None
        return MissingOrder(external_id, order) if isinstance(order, dict) else None

    def report_shipment(self, shipped: ShipmentReport, *, check_first: bool) -> str:
        """One fulfillment for each of the shop's locations the lines are at. What is on hold there is reported when the hold
        ends; what the shop does not list is left to a person."""
        order = f"{_ADMIN}/orders/{quote(shipped.external_id, safe='')}"
        reported = Counter(shipped.reported)
        if check_first:
            found = self._already_reported(order, shipped)
            if found is None and not reported:
                return "the shop had it already"
            reported |= found or Counter()
        answer = self._http.ask("GET", f"{order}/fulfillment_orders.json")
        listed = dicts(answer.get("fulfillment_orders") if isinstance(answer, dict) else None)
        plan = plan_of(listed, Counter(shipped.units) - reported, Counter(shipped.before) + reported)
        for group in plan.groups:
            self._http.ask(
                "POST", f"{_ADMIN}/fulfillments.json", body={"fulfillment": self._fulfillment(group, shipped)}
            )
        if plan.left:
            raise ShopNotReady(
                channel=self._connection.channel, units=plan.left, reason=plan.why, reported=reported + plan.units
            )
        return "sent to the shop" if plan.groups or reported else "nothing there was left to fulfill"

    def _already_reported(self, order: str, shipped: ShipmentReport) -> Counter[str] | None:
        """By the tracking number: the units the shop has of it; None: it has this shipment without naming units. Without a
        number, lines reported before have no quantity left and are not reported again."""
        answer = self._http.ask("GET", f"{order}/fulfillments.json", none_if_missing=True) or {}
        ours = {parcel.number for parcel in shipped.parcels if parcel.number}
        found: Counter[str] = Counter()
        for fulfillment in dicts(answer.get("fulfillments")):
            theirs = {
                str(fulfillment.get("tracking_number") or ""),
                *map(str, fulfillment.get("tracking_numbers") or []),
            }
            if not ours & {number.strip() for text in theirs for number in text.split(",")}:
                continue
            if not isinstance(fulfillment.get("line_items"), list):
                return None
            found += Counter(
                {
                    str(line.get("id")): line["quantity"]
                    for line in dicts(fulfillment["line_items"])
                    if line.get("quantity")
                }
            )
        return found

    def _fulfillment(self, group: list[dict[str, Any]], shipped: ShipmentReport) -> dict[str, Any]:
        body: dict[str, Any] = {
            "line_items_by_fulfillment_order": group,
            "notify_customer": self._connection.settings.notify_customer,
        }
        numbered = [parcel for parcel in shipped.parcels if parcel.number]
        if numbered:
            number = ", ".join(parcel.number for parcel in numbered)
            body["tracking_info"] = {"number": number, "company": numbered[0].carrier, "url": numbered[0].url}
        return body

    def report_cancellation(self, external_id: str, *, check_first: bool) -> str:
        """Always looks: cancelling twice is refused there. Nothing is refunded."""
        order = f"{_ADMIN}/orders/{quote(external_id, safe='')}"
        answer = self._http.ask("GET", f"{order}.json", none_if_missing=True) or {}
        known = answer.get("order")
        if isinstance(known, dict) and known.get("cancelled_at"):
            return "it was cancelled there already"
        self._http.ask(
            "POST", f"{order}/cancel.json", body={"reason": "other", "email": self._connection.settings.notify_customer}
        )
        return "sent to the shop"

    def add_note(self, note: OrderNote, *, check_first: bool) -> str:
        """Added to the order's note: REST can't edit lines. Always looks, because the note is replaced whole."""
        order = f"{_ADMIN}/orders/{quote(note.external_id, safe='')}.json"
        known = (self._http.ask("GET", order, none_if_missing=True) or {}).get("order")
        said = str(known.get("note") or "") if isinstance(known, dict) else ""
        if note.text in said:
            return "the shop had it already"
        whole = "\n".join(part for part in (said, note.text) if part)
        self._http.ask("PUT", order, body={"order": {"note": whole}})
        return "sent to the shop"


def _next(response: Reply, mark: str, orders: Sequence[Any]) -> str:
    link = links_of(response).get("next", {}).get("url", "")
    found = parse_qs(urlsplit(link).query).get("page_info")
    if found:
        return f"page_info:{found[0]}"
    if "link" in response.headers or len(orders) < PER_PAGE:
        return ""
    ids = [one["id"] for one in dicts(orders) if isinstance(one.get("id"), int)]
    return f"since_id:{max(ids, default=0) if mark else 0}"
