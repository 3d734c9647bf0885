"""Orders from outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from apps.api.v1.base import PageOf, Shape
from apps.api.v1.shapes.fulfillment import FulfillmentOrderOut
from apps.orders.canonical import CanonicalOrder, Line
from apps.orders.models import Hold, Order, OrderContact, OrderLine


class OrderSummary(Shape):
    """An order without its lines and people. ``total`` is recomputed from the lines."""

    id: str
    channel: str
    external_id: str
    external_number: str
    state: str
    currency: str
    total: int
    payment_state: str
    service_level: str
    pickup_node: str
    customer_tier: str
    tags: list[str]
    placed_at: datetime
    received_at: datetime
    entered_state_at: datetime
    rest_cancelled_at: datetime | None
    ship_by: datetime | None
    deliver_by: datetime | None
    version: int


class AcceptedLine(Shape):
    line_id: str
    sku: str
    quantity: int
    unit_price: int


class AcceptedOrder(OrderSummary):
    """An order as it was taken in.

    ``not_taken`` is for repeats, which change nothing: the parts that this one says otherwise than the order there is
    (``currency``, ``lines``, ``total``, ``shipping_address``). Empty: there is no difference.
    """

    lines: list[AcceptedLine]
    not_taken: list[str] = []


class OrderLineOut(Shape):
    """``sku`` is the SKU we know it as, or what the source said where ``sku_known`` is false.

    ``substitutes`` is the ``line_id`` of the ordered line that this one stands in for, or empty.
    """

    line_id: str
    substitutes: str
    sku: str
    sku_known: bool
    title: str
    quantity: int
    cancelled_quantity: int
    handled_elsewhere: int
    unit_price: int
    tax: int
    discount: int
    requires_shipping: bool
    gift_card: bool
    properties: dict[str, str]


class ContactOut(Shape):
    name: str
    company: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    email: str
    phone: str


class HoldOut(Shape):
    """A hold; ``released_at`` null: it stands."""

    id: str
    reason: str
    note: str
    placed_by: str
    placed_at: datetime
    expires_at: datetime | None
    released_at: datetime | None


class ListedOrder(OrderSummary):
    """An order with whom it waits for: ``system``, ``integration``, ``partner``, ``person``, ``customer`` or ``nobody``."""

    waiting_for: str


class OrderDetail(ListedOrder):
    """An order whole."""

    schema_version: int
    claimed_totals: dict[str, Any]
    payment_references: list[str]
    cancel_reason: str
    lines: list[OrderLineOut]
    contacts: dict[str, ContactOut]
    holds: list[HoldOut]
    fulfillment_orders: list[FulfillmentOrderOut]


class OrderPage(PageOf[ListedOrder]):
    """Orders."""


def _summary(order: Order) -> dict[str, Any]:
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
        "pickup_node": order.pickup_node,
        "customer_tier": order.customer_tier,
        "tags": order.tags,
        "placed_at": order.placed_at,
        "received_at": order.received_at,
        "entered_state_at": order.entered_state_at,
        "rest_cancelled_at": order.rest_cancelled_at,
        "ship_by": order.ship_by,
        "deliver_by": order.deliver_by,
        "version": order.version,
    }


def order_summary(order: Order) -> OrderSummary:
    return OrderSummary(**_summary(order))


def listed_orders(orders: Sequence[Order], balls: Mapping[int, str]) -> list[ListedOrder]:
    """``balls``: whom each waits for, by its primary key."""
    return [ListedOrder(**_summary(order), waiting_for=balls[order.pk]) for order in orders]


def accepted_order(order: Order, canonical: CanonicalOrder) -> AcceptedOrder:
    """The response to a create, from what is in memory: reading it back would cost three statements."""
    return AcceptedOrder(**_summary(order), lines=[_accepted_line(line) for line in canonical.lines])


def existing_order(order: Order, lines: Iterable[OrderLine], not_taken: list[str]) -> AcceptedOrder:
    """The response to a repeat: the existing order, and where the repeat differs from it."""
    return AcceptedOrder(
        **_summary(order),
        lines=[
            AcceptedLine(line_id=row.line_id, sku=row.sku_code, quantity=row.quantity, unit_price=row.unit_price_minor)
            for row in lines
        ],
        not_taken=not_taken,
    )


def _accepted_line(line: Line) -> AcceptedLine:
    return AcceptedLine(line_id=line.line_id, sku=line.sku, quantity=line.quantity, unit_price=line.unit_price)


def order_line(line: OrderLine) -> OrderLineOut:
    return OrderLineOut(
        line_id=line.line_id,
        # Only a substitute asks for the line it stands in for.
        substitutes=line.substitutes.line_id if line.substitutes else "",
        sku=line.sku.code if line.sku else line.sku_code,
        sku_known=line.sku_id is not None,
        title=line.title,
        quantity=line.quantity,
        cancelled_quantity=line.cancelled_quantity,
        handled_elsewhere=line.elsewhere_quantity,
        unit_price=line.unit_price_minor,
        tax=line.tax_minor,
        discount=line.discount_minor,
        requires_shipping=line.requires_shipping,
        gift_card=line.gift_card,
        properties=cast("dict[str, str]", line.properties),
    )


def contact(row: OrderContact) -> ContactOut:
    return ContactOut(**{name: getattr(row, name) for name in ContactOut.model_fields})


def hold(row: Hold) -> HoldOut:
    return HoldOut(
        id=row.public_id,
        reason=row.reason,
        note=row.note,
        placed_by=row.placed_by,
        placed_at=row.placed_at,
        expires_at=row.expires_at,
        released_at=row.released_at,
    )


def order_detail(
    order: Order,
    *,
    lines: Sequence[OrderLine],
    contacts: Iterable[OrderContact],
    holds: Iterable[Hold],
    fulfillment_orders: Iterable[FulfillmentOrderOut],
    waiting_for: str,
) -> OrderDetail:
    return OrderDetail(
        **_summary(order),
        waiting_for=waiting_for,
        schema_version=order.schema_version,
        claimed_totals=order.claimed_totals,
        payment_references=order.payment_references,
        cancel_reason=order.cancel_reason,
        lines=[order_line(line) for line in lines],
        contacts={row.role: contact(row) for row in contacts},
        holds=[hold(row) for row in holds],
        fulfillment_orders=list(fulfillment_orders),
    )
