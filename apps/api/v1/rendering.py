"""How rows look from outside. Money is minor units, times ISO 8601 in UTC, ids public."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from apps.fulfillment.models import FulfillmentOrder, Shipment
from apps.fulfillment.services import allowed_transitions
from apps.orders.canonical import CanonicalOrder
from apps.orders.models import Hold, Order, OrderContact, OrderLine


def moment(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value else None


def order_summary(order: Order) -> dict[str, Any]:
    """An order without its lines and people, as lists show it."""
    return {
        "id": order.public_id,
        "channel": order.channel,
        "external_id": order.external_id,
        "external_number": order.external_number,
        "state": order.state,
        "currency": order.currency,
        "total": order.total_minor,
        "payment_state": order.payment_state,
        "service_level": order.service_level,
        "customer_tier": order.customer_tier,
        "tags": order.tags,
        "placed_at": moment(order.placed_at),
        "received_at": moment(order.received_at),
        "entered_state_at": moment(order.entered_state_at),
        "ship_by": moment(order.ship_by),
        "deliver_by": moment(order.deliver_by),
        "version": order.version,
    }


def accepted_order(order: Order, canonical: CanonicalOrder) -> dict[str, Any]:
    """The answer to a create, from what is in memory: reading it back would cost three statements."""
    lines = [
        {"line_id": line.line_id, "sku": line.sku, "quantity": line.quantity, "unit_price": line.unit_price}
        for line in canonical.lines
    ]
    return {**order_summary(order), "lines": lines}


def order_line(line: OrderLine) -> dict[str, Any]:
    return {
        "line_id": line.line_id,
        "sku": line.sku.code if line.sku else line.sku_code,
        "sku_known": line.sku_id is not None,
        "title": line.title,
        "quantity": line.quantity,
        "cancelled_quantity": line.cancelled_quantity,
        "unit_price": line.unit_price_minor,
        "tax": line.tax_minor,
        "discount": line.discount_minor,
        "requires_shipping": line.requires_shipping,
        "gift_card": line.gift_card,
        "properties": line.properties,
    }


def contact(row: OrderContact) -> dict[str, Any]:
    names = ("name", "company", "line1", "line2", "city", "region", "postal_code", "country", "email", "phone")
    return {name: getattr(row, name) for name in names}


def hold(row: Hold) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "reason": row.reason,
        "note": row.note,
        "placed_by": row.placed_by,
        "placed_at": moment(row.placed_at),
        "expires_at": moment(row.expires_at),
        "released_at": moment(row.released_at),
    }


def order_detail(
    order: Order,
    *,
    lines: Sequence[OrderLine],
    contacts: Iterable[OrderContact],
    holds: Iterable[Hold],
    fulfillment_orders: Iterable[FulfillmentOrder],
) -> dict[str, Any]:
    return {
        **order_summary(order),
        "schema_version": order.schema_version,
        "claimed_totals": order.claimed_totals,
        "payment_references": order.payment_references,
        "cancel_reason": order.cancel_reason,
        "lines": [order_line(line) for line in lines],
        "contacts": {row.role: contact(row) for row in contacts},
        "holds": [hold(row) for row in holds],
        "fulfillment_orders": [fulfillment_order(row, order.public_id) for row in fulfillment_orders],
    }


def fulfillment_order(row: FulfillmentOrder, order_ref: str) -> dict[str, Any]:
    """Needs node and lines (with SKU and order line) at hand."""
    return {
        "id": row.public_id,
        "order": order_ref,
        "node": row.node.code,
        "state": row.state,
        "request_state": row.request_state,
        "service_level": row.service_level,
        "waits_for_stock": row.waits_for_stock,
        "partner_reference": row.partner_reference,
        "reject_reason": row.reject_reason,
        "reject_note": row.reject_note,
        "ship_by": moment(row.ship_by),
        "created_at": moment(row.created_at),
        "entered_state_at": moment(row.entered_state_at),
        "allowed_transitions": allowed_transitions(row),
        "lines": [
            {
                "line_id": line.order_line.line_id,
                "sku": line.sku.code,
                "quantity": line.quantity,
                "picked_quantity": line.picked_quantity,
                "shipped_quantity": line.shipped_quantity,
                "short_quantity": line.short_quantity,
            }
            for line in row.lines.all()
        ],
        "version": row.version,
    }


def shipment(row: Shipment) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "fulfillment_order": row.fulfillment_order.public_id,
        "external_id": row.external_id,
        "state": row.state,
        "carrier": row.carrier,
        "service": row.service,
        "shipped_at": moment(row.shipped_at),
        "delivered_at": moment(row.delivered_at),
        "packages": [
            {
                "id": package.public_id,
                "tracking_number": package.tracking_number,
                "tracking_url": package.tracking_url,
                "weight_g": package.weight_g,
            }
            for package in row.packages.all()
        ],
    }
