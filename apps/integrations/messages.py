"""The message a partner gets: who it goes to, and what is in it.

It holds personal data. It is built right before the call, handed to the adapter, and kept nowhere.
"""

from __future__ import annotations

from typing import Any

from apps.fulfillment.models import FulfillmentLine
from apps.integrations.selectors import PartnerRequest
from apps.orders.addresses import label_country, post_code
from apps.orders.models import OrderContact
from apps.orders.selectors import ship_to

_ADDRESS = ("name", "company", "line1", "line2", "city", "region", "postal_code", "country", "email", "phone")


def fulfillment_message(request: PartnerRequest) -> dict[str, Any]:
    """Everything a partner needs to pick, pack and ship. The same on every attempt."""
    row = request.row
    contact = ship_to([row.order_id]).get(row.order_id)
    return {
        "fulfillment_order": row.public_id,
        "order": row.order.number,
        "node": request.partner_code,
        "service_level": row.service_level,
        "ship_by": row.ship_by.isoformat() if row.ship_by else None,
        "deliver_to": _address(contact),
        "note": contact.note if contact else "",
        "lines": _lines(row.pk),
    }


def _address(contact: OrderContact | None) -> dict[str, str]:
    """As a carrier takes it: whatever the customer wrote, the postal code as its post office writes it."""
    if contact is None:
        return dict.fromkeys(_ADDRESS, "")
    written = {name: " ".join(str(getattr(contact, name)).split()) for name in _ADDRESS}
    written["country"] = label_country(contact.country)
    written["postal_code"] = post_code(contact.country, contact.postal_code)
    return written


def _lines(fulfillment_order_id: int) -> list[dict[str, Any]]:
    """One entry per order line, however many claims stand behind it."""
    rows = FulfillmentLine.objects.filter(fulfillment_order_id=fulfillment_order_id, quantity__gt=0)
    found: dict[str, dict[str, Any]] = {}
    for line in rows.select_related("order_line", "sku").order_by("pk"):
        line_id = line.order_line.line_id
        entry = {"line_id": line_id, "sku": line.sku.code, "title": line.order_line.title, "quantity": 0}
        found.setdefault(line_id, entry)["quantity"] += line.quantity
    return list(found.values())
