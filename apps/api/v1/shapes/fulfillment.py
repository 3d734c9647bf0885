"""Fulfillment orders and shipments from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Model, Prefetch, QuerySet

from apps.api.v1.base import PageOf, Shape
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder, Shipment
from apps.fulfillment.services import allowed_transitions


class FulfillmentLineOut(Shape):
    """A bundle's line stands once for each of its parts, with the part's ``sku``."""

    line_id: str
    sku: str
    quantity: int
    picked_quantity: int
    shipped_quantity: int
    short_quantity: int


class FulfillmentOrderSummary(Shape):
    """A fulfillment order without its lines. ``request_state`` is the partner's side of it."""

    id: str
    order: str
    node: str
    state: str
    request_state: str
    service_level: str
    waits_for_stock: bool
    partner_reference: str
    reject_reason: str
    reject_note: str
    ship_by: datetime | None
    created_at: datetime
    entered_state_at: datetime
    allowed_transitions: list[str]
    version: int


class FulfillmentOrderOut(FulfillmentOrderSummary):
    """A fulfillment order: these lines, from this node."""

    lines: list[FulfillmentLineOut]


class FulfillmentOrderPage(PageOf[FulfillmentOrderOut]):
    """Fulfillment orders."""


class PackageOut(Shape):
    id: str
    tracking_number: str
    tracking_url: str
    weight_g: int


class ShipmentSummary(Shape):
    """What left, once; ``external_id`` is the sender's id of it."""

    id: str
    fulfillment_order: str
    external_id: str
    state: str
    carrier: str
    service: str
    shipped_at: datetime
    delivered_at: datetime | None


class ShipmentOut(ShipmentSummary):
    """A shipment with its packages."""

    order: str
    node: str
    packages: list[PackageOut]


class ShipmentPage(PageOf[ShipmentOut]):
    """Shipments."""


def with_lines(rows: QuerySet[FulfillmentOrder]) -> QuerySet[FulfillmentOrder]:
    """What ``fulfillment_order`` needs at hand, in two statements, and of the other tables only the columns it shows."""
    lines = FulfillmentLine.objects.select_related("sku", "order_line").only(
        *_own_columns(FulfillmentLine), "sku__code", "order_line__line_id"
    )
    shown = rows.select_related("node", "order").only(*_own_columns(FulfillmentOrder), "node__code", "order__public_id")
    return shown.prefetch_related(Prefetch("lines", lines.order_by("pk")))


def _own_columns(model: type[Model]) -> list[str]:
    return [field.name for field in model._meta.concrete_fields]


def _head(row: FulfillmentOrder, order_ref: str) -> dict[str, Any]:
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
        "ship_by": row.ship_by,
        "created_at": row.created_at,
        "entered_state_at": row.entered_state_at,
        "allowed_transitions": allowed_transitions(row),
        "version": row.version,
    }


def fulfillment_order_summary(row: FulfillmentOrder, order_ref: str) -> FulfillmentOrderSummary:
    return FulfillmentOrderSummary(**_head(row, order_ref))


def fulfillment_order(row: FulfillmentOrder, order_ref: str) -> FulfillmentOrderOut:
    """Needs node and lines (with SKU and order line) at hand."""
    return FulfillmentOrderOut(**_head(row, order_ref), lines=[_line(line) for line in row.lines.all()])


def _line(line: FulfillmentLine) -> FulfillmentLineOut:
    return FulfillmentLineOut(
        line_id=line.order_line.line_id,
        sku=line.sku.code,
        quantity=line.quantity,
        picked_quantity=line.picked_quantity,
        shipped_quantity=line.shipped_quantity,
        short_quantity=line.short_quantity,
    )


def _shipment(row: Shipment, fulfillment_order_ref: str) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "fulfillment_order": fulfillment_order_ref,
        "external_id": row.external_id,
        "state": row.state,
        "carrier": row.carrier,
        "service": row.service,
        "shipped_at": row.shipped_at,
        "delivered_at": row.delivered_at,
    }


def shipment_summary(row: Shipment, fulfillment_order_ref: str) -> ShipmentSummary:
    return ShipmentSummary(**_shipment(row, fulfillment_order_ref))


def shipment(row: Shipment) -> ShipmentOut:
    """Needs the fulfillment order with order and node, and the packages, at hand."""
    return ShipmentOut(
        **_shipment(row, row.fulfillment_order.public_id),
        order=row.fulfillment_order.order.public_id,
        node=row.fulfillment_order.node.code,
        packages=[
            PackageOut(
                id=package.public_id,
                tracking_number=package.tracking_number,
                tracking_url=package.tracking_url,
                weight_g=package.weight_g,
            )
            for package in row.packages.all()
        ],
    )
