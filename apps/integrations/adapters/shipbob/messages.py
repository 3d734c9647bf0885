"""Our words and ShipBob's. Pure.

Of the customer it is sent what stands on a label, with the phone number that carriers ask for: no mail address and no note.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from apps.integrations.framework.base import (
    Callback,
    CalledOff,
    GoodsArrived,
    GoodsLeft,
    Message,
    PartnerState,
    ReportedParcel,
)

STATES: Mapping[str, PartnerState] = {
    "Processing": "received",
    "Exception": "received",
    "ImportReview": "received",
    "PartiallyFulfilled": "shipped",
    "Fulfilled": "shipped",
    "Cancelled": "cancelled",
}
# Label printed is not gone yet.
_GONE = "Completed"
_ADDRESS = {
    "address1": "line1", "address2": "line2", "company_name": "company", "city": "city", "state": "region",
    "zip_code": "postal_code", "country": "country",
}  # fmt: skip
_GRAMS_OF_OUNCE = Decimal("28.349523125")


def order_of(message: Message, *, key: str) -> dict[str, Any]:
    """The order to create. The tags come back with it and say which of our lines a SKU is: a split order names SKUs only."""
    to = message["deliver_to"]
    order: dict[str, Any] = {
        "reference_id": key,
        "order_number": message.get("order"),
        "type": "DTC",
        "shipping_method": message.get("service_level") or "standard",
        "recipient": {
            "name": to.get("name") or to.get("company") or "",
            "phone_number": to.get("phone") or None,
            "address": {
                theirs: to.get(ours) or ("" if theirs in _NEEDED else None) for theirs, ours in _ADDRESS.items()
            },
        },
        "products": [
            {"reference_id": line["sku"], "name": line.get("title") or line["sku"], "quantity": line["quantity"]}
            for line in message["lines"]
        ],
        "tags": [{"name": line["line_id"], "value": f"{line['quantity']} {line['sku']}"} for line in message["lines"]],
    }
    if str(message.get("node", "")).isdecimal():
        order["location_id"] = int(message["node"])
    return order


_NEEDED = ("address1", "city", "country")


def happenings(order: Mapping[str, Any]) -> list[Callback]:
    """What has happened to an order, oldest first; all of it each time."""
    key = str(order.get("reference_id") or "")
    shipments = [one for one in order.get("shipments") or () if one.get("status") != "Cancelled"]
    found: list[Callback] = []
    left = _Left(order.get("tags") or ())
    for shipment in sorted(shipments, key=lambda one: int(one["id"])):
        lines = left.take(shipment) if len(shipments) > 1 else ()
        if shipment.get("status") == _GONE:
            found.append(_goods_left(key, order, shipment, lines))
        if shipment.get("delivery_date"):
            found.append(GoodsArrived(key, str(shipment["id"])))
    if order.get("status") == "Cancelled":
        found.append(CalledOff(key))
    return found


def _goods_left(
    key: str, order: Mapping[str, Any], shipment: Mapping[str, Any], lines: tuple[tuple[str, int], ...]
) -> GoodsLeft:
    tracking = shipment.get("tracking") or {}
    ounces = (shipment.get("measurements") or {}).get("total_weight_oz") or 0
    number, url = (str(tracking.get(name) or "") for name in ("tracking_number", "tracking_url"))
    parcel = ReportedParcel(number[:128], url[:255], int(ounces * _GRAMS_OF_OUNCE), lines)
    carrier, service = (str(tracking.get(name) or "")[:64] for name in ("carrier", "carrier_service"))
    return GoodsLeft(key, str(order["id"]), str(shipment["id"]), carrier, service, (parcel,))


class _Left:
    """Units of our lines that no shipment has taken yet."""

    def __init__(self, tags: Iterable[Mapping[str, Any]]) -> None:
        self._units: list[tuple[str, str, int]] = []
        for tag in tags:
            units, _, sku = str(tag.get("value") or "").partition(" ")
            if sku and units.isdecimal():
                self._units.append((str(tag["name"]), sku, int(units)))

    def take(self, shipment: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
        """The lines of one shipment, from the first line of each SKU on."""
        taken: list[tuple[str, int]] = []
        for product in shipment.get("products") or ():
            wanted = _units_of(product.get("inventory_items") or ())
            for number, (line, sku, units) in enumerate(self._units):
                some = min(wanted, units) if sku == (product.get("reference_id") or product.get("sku")) else 0
                if some:
                    taken.append((line, some))
                    self._units[number] = (line, sku, units - some)
                    wanted -= some
        return tuple(taken)


def _units_of(items: Sequence[Mapping[str, Any]]) -> int:
    """Of a bundle each item is counted; there are as many of it as of the item there is least of."""
    return min((int(item.get("quantity") or 0) for item in items), default=0)
