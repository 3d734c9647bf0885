"""BigCommerce's orders: listed by their last change, joined from two answers, and updated with what became of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from apps.channels.adapters.bigcommerce.api import Api, date_of
from apps.channels.errors import ShopUnreachable
from apps.channels.framework.json_values import dicts
from apps.channels.framework.paging import SECOND, Page
from apps.channels.framework.shop import MissingOrder, OrderNote, Parcel, ShipmentReport

_ORDERS = "/v2/orders"
INCOMPLETE, SHIPPED, PARTIALLY_SHIPPED, REFUNDED, CANCELLED, DECLINED, COMPLETED = 0, 2, 3, 4, 5, 6, 10
_ENDED = frozenset({SHIPPED, REFUNDED, CANCELLED, DECLINED, COMPLETED})
# What is kept of an order that is listed: the rest is fetched with what it holds.
_HEAD = ("id", "date_created", "date_modified", "status_id", "status", "default_currency_code", "is_deleted")
_DATES = ("date_created", "date_modified", "date_shipped")
# Carriers that it has words of its own for.
PROVIDERS = {
    "ups": "ups", "usps": "usps", "fedex": "fedex", "royal mail": "royalmail", "australia post": "auspost",
    "canada post": "canadapost",
}  # fmt: skip
LONGEST_NUMBER = 50
# Open orders are looked for between the first and the last of their ids, so many pages of it.
_MOST_PAGES = 4


class Orders(Api):
    id_pattern = r"^\d+$"

    def changed_orders(self, listing: str, since: datetime, until: datetime | None, mark: str) -> Page:
        """Heads, which are fetched where they say something new. Deleted orders are in no list: they are asked for by id."""
        params = {"min_date_modified": _iso(since), "sort": "date_modified:asc", "page": mark or "1"}
        if until is not None:
            params["max_date_modified"] = _iso(until + SECOND)
        orders = [_head(one) for one in dicts(self._list(_ORDERS, params))]
        moments = [date_of(one.get("date_modified")) for one in orders]
        return Page(orders, moments, str(int(mark or "1") + 1) if orders else "", shop_time=self._shop_time)

    def whole_order(self, external_id: str) -> dict[str, Any] | None:
        """With its products, of which one answer holds some only, its consignments (addresses and pickups) and fees."""
        path = f"{_ORDERS}/{quote(external_id, safe='')}"
        asked = {"include": "consignments,fees", "consignment_structure": "object"}
        order = self._send("GET", path, params=asked, missing=True)
        if not isinstance(order, dict):
            return None
        order["products"] = list(self._products(path, order))
        return _with_dates(order)

    def _products(self, path: str, order: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Until all units are there: however many a page holds, whatever was asked for."""
        units, page = 0, 0
        while True:
            page += 1
            rows = dicts(self._list(f"{path}/products", {"page": str(page)}))
            yield from rows
            units += sum(one["quantity"] for one in rows if isinstance(one.get("quantity"), int))
            if not rows or units >= int(order.get("items_total") or 0):
                return

    def missing_orders(self, external_ids: Sequence[str]) -> list[MissingOrder]:
        ids = sorted(int(one) for one in external_ids)
        listed, lowest = set[str](), ids[0]
        for _ in range(_MOST_PAGES):
            params = {"min_id": str(lowest), "max_id": str(ids[-1]), "sort": "id:asc"}
            rows = [one for one in dicts(self._list(_ORDERS, params)) if isinstance(one.get("id"), int)]
            listed |= {str(one["id"]) for one in rows if one.get("status_id") != INCOMPLETE}
            if not rows:
                break
            lowest = rows[-1]["id"] + 1
        looked = [self._look(one) for one in external_ids if one not in listed]
        return [one for one in looked if one is not None]

    def _look(self, external_id: str) -> MissingOrder | None:
        """A deleted order is still shown to who asks for it by its id."""
        order = self._send("GET", f"{_ORDERS}/{quote(external_id, safe='')}", missing=True)
        if not isinstance(order, dict):
            return MissingOrder(external_id, None)
        gone = order.get("is_deleted") is True or order.get("status_id") == INCOMPLETE
        return MissingOrder(external_id, _head(order)) if gone else None

    # --- what became of them

    def report_shipment(self, shipped: ShipmentReport, *, check_first: bool) -> str:
        """A shipment for each parcel and address; the order's status follows with the last one."""
        path = f"{_ORDERS}/{quote(shipped.external_id, safe='')}"
        order = self._order(path)
        shipments = dicts(self._list(f"{path}/shipments")) if check_first else []
        known = {str(one.get("comments")).strip() for one in shipments}
        products = {str(one.get("id")): one for one in self._products(path, order)}
        bodies = list(_shipments(shipped, products, known))
        for body in bodies:
            self._send("POST", f"{path}/shipments", body=body)
        if shipped.complete and order.get("status_id") not in _ENDED:
            self._send("PUT", path, body={"status_id": SHIPPED})
        if not bodies:
            return "the shop had it already"
        return (
            "sent to the shop; the order is shipped there"
            if shipped.complete
            else "sent to the shop; more is to follow"
        )

    def _order(self, path: str) -> dict[str, Any]:
        order = self._send("GET", path)
        if not isinstance(order, dict):
            raise ShopUnreachable("no order")
        return order

    def report_cancellation(self, external_id: str, *, check_first: bool) -> str:
        """Saying it twice changes nothing there. An order that ended otherwise is left alone."""
        path = f"{_ORDERS}/{quote(external_id, safe='')}"
        if self._order(path).get("status_id") in _ENDED:
            return "the order had ended there already"
        self._send("PUT", path, body={"status_id": CANCELLED})
        return "sent to the shop"

    def add_note(self, note: OrderNote, *, check_first: bool) -> str:
        """In the notes of its staff: nothing there writes to a customer. The lines stay as they were ordered."""
        path = f"{_ORDERS}/{quote(note.external_id, safe='')}"
        order = self._order(path)
        notes = str(order.get("staff_notes") or "")
        body: dict[str, Any] = {} if note.ref in notes else {"staff_notes": f"{notes}\n{note.text}".strip()}
        if note.complete and order.get("status_id") not in _ENDED:
            body["status_id"] = SHIPPED
        if not body:
            return "the shop had it already"
        self._send("PUT", path, body=body)
        return "sent to the shop"


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S+00:00}"


def _head(order: Mapping[str, Any]) -> dict[str, Any]:
    """Of a checkout that nobody finished there is nothing to fetch."""
    head = _with_dates({name: order[name] for name in _HEAD if name in order})
    return head | {"products": []} if head.get("status_id") == INCOMPLETE else head


def _with_dates(order: dict[str, Any]) -> dict[str, Any]:
    """With its times as every contract can read them."""
    found = {name: date_of(order.get(name)) for name in _DATES}
    return order | {name: at.astimezone(UTC).isoformat() for name, at in found.items() if at is not None}


def _shipments(
    shipped: ShipmentReport, products: Mapping[str, Mapping[str, Any]], known: Collection[str]
) -> Iterator[dict[str, Any]]:
    """What is to be said, each with a mark by which it is known again. Units that the shop counts as shipped already, because
    somebody said so there by hand, are not said again."""
    left = {key: _int(one, "quantity") - _int(one, "quantity_shipped") for key, one in products.items()}
    for number, (parcel, units) in enumerate(_parcels(shipped), start=1):
        by_address: dict[int, list[str]] = {}
        for line in units:
            if line in products:
                by_address.setdefault(_int(products[line], "order_address_id"), []).append(line)
        for address, lines in by_address.items():
            mark = f"{shipped.ref}/{number}/{address}"
            said = {line: min(units[line], left[line]) for line in lines if left[line] > 0}
            if said and mark not in known:
                left |= {line: left[line] - count for line, count in said.items()}
                yield _shipment(mark, parcel, address, said)


def _parcels(shipped: ShipmentReport) -> list[tuple[Parcel, Mapping[str, int]]]:
    """The parcels with what is in them; where that is not known of each, all of it is in the first."""
    parcels = list(shipped.parcels) or [Parcel("", "", "")]
    inside: dict[str, int] = {}
    for parcel in parcels:
        for line, count in parcel.units.items():
            inside[line] = inside.get(line, 0) + count
    if inside == dict(shipped.units):
        return [(parcel, parcel.units) for parcel in parcels]
    return [(parcels[0], shipped.units)]


def _shipment(mark: str, parcel: Parcel, address: int, units: Mapping[str, int]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "order_address_id": address,
        "tracking_number": parcel.number[:LONGEST_NUMBER],
        "shipping_provider": PROVIDERS.get(parcel.carrier.strip().casefold(), ""),
        "shipping_method": parcel.carrier,
        "comments": mark,
        "items": [{"order_product_id": int(line), "quantity": count} for line, count in units.items()],
    }
    return body | {"tracking_link": parcel.url} if parcel.url else body


def _int(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name)
    return value if isinstance(value, int) else 0
