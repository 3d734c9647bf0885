"""Fulfillment orders and shipments from outside."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from apps.api.v1.base import PageOf, Shape
from apps.core.errors import DomainError
from apps.fulfillment.models import FulfillmentOrder, Shipment
from apps.fulfillment.selectors import ShownLine, shown_lines
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


class DepartureOut(Shape):
    """What became of one shipment of a wave: ``ok`` and the shipment, or the refusal's code, sentence and errors."""

    fulfillment_order: str
    external_id: str
    ok: bool
    shipment: ShipmentSummary | None
    code: str
    detail: str
    errors: list[dict[str, str]]


class WaveResult(Shape):
    """One result for each shipment, in the order sent."""

    shipped: int
    refused: int
    items: list[DepartureOut]


def with_names(rows: QuerySet[FulfillmentOrder]) -> QuerySet[FulfillmentOrder]:
    """The rows with what ``fulfillment_orders`` says of their order and node, without loading those."""
    return rows.annotate(order_ref=F("order__public_id"), node_code=F("node__code"))


def fulfillment_orders(rows: Collection[Any]) -> list[FulfillmentOrderOut]:
    """Rows ``with_names``, each with its lines."""
    lines = shown_lines([row.pk for row in rows])
    return [_whole(row, row.order_ref, row.node_code, lines[row.pk]) for row in rows]


def fulfillment_order(row: FulfillmentOrder) -> FulfillmentOrderOut:
    """One with its lines; its order and node are at hand."""
    return _whole(row, row.order.public_id, row.node.code, shown_lines([row.pk])[row.pk])


def fulfillment_order_summary(row: FulfillmentOrder, order_ref: str) -> FulfillmentOrderSummary:
    return FulfillmentOrderSummary(**_head(row, order_ref, row.node.code))


def _whole(row: FulfillmentOrder, order_ref: str, node: str, lines: Sequence[ShownLine]) -> FulfillmentOrderOut:
    return FulfillmentOrderOut(
        **_head(row, order_ref, node), lines=[FulfillmentLineOut(**line._asdict()) for line in lines]
    )


def _head(row: FulfillmentOrder, order_ref: str, node: str) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "order": order_ref,
        "node": node,
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


def departure(result: Shipment | DomainError, fulfillment_order_ref: str, external_id: str) -> DepartureOut:
    """Of a shipment or of its refusal."""
    refusal = result if isinstance(result, DomainError) else None
    return DepartureOut(
        fulfillment_order=fulfillment_order_ref,
        external_id=external_id,
        ok=refusal is None,
        shipment=shipment_summary(result, fulfillment_order_ref) if isinstance(result, Shipment) else None,
        code=refusal.code if refusal else "",
        detail=refusal.sentence if refusal else "",
        errors=refusal.details.get("errors", []) if refusal else [],
    )


def wave_result(items: list[DepartureOut]) -> WaveResult:
    shipped = sum(item.ok for item in items)
    return WaveResult(shipped=shipped, refused=len(items) - shipped, items=items)


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
