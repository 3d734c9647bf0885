"""Sales that are complete when they are reported: paid, and handed to the customer at a counter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.catalog.models import Sku
from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_groups, take_ids
from apps.core.bulk.fast_rows import make_row
from apps.core.outbox import record
from apps.core.transactions import atomic_unless_buffered
from apps.orders import events
from apps.orders.canonical import SCHEMA_VERSION, CanonicalOrder, ServiceLevel
from apps.orders.models import Order, OrderLine
from apps.orders.services.accepting import apply_header, contacts, order_lines
from apps.orders.states import OrderState


@dataclass(frozen=True, slots=True)
class CompletedSale:
    """One sale: what was sold (``status`` completed), which SKU each code on it means, at which node and till."""

    canonical: CanonicalOrder
    skus: dict[str, Sku]
    node: str
    till: str


@atomic_unless_buffered
def record_sales(sales: Sequence[CompletedSale], *, channel: str, actor: Actor) -> list[Order]:
    """Record sales that are not known yet, each as an order that is delivered: nothing of it is checked, routed or shipped.

    Of two callers with the same sale the database's unique (channel, external id) refuses the second.
    """
    orders = [_order(sale, channel) for sale in sales]
    for order, pk in zip(orders, take_ids(Order, len(orders)), strict=True):
        order.pk = pk
    pairs = list(zip(orders, sales, strict=True))
    insert_groups(
        orders,
        [line for order, sale in pairs for line in _lines(order, sale)],
        [contact for order, sale in pairs for contact in contacts(order, sale.canonical)],
    )
    record(*[events.order_fact(order, _event(sale, channel)) for order, sale in pairs], actor=actor)
    return orders


def _event(sale: CompletedSale, channel: str) -> events.OrderHandedOver:
    return events.OrderHandedOver(channel=channel, node=sale.node, till=sale.till)


def _order(sale: CompletedSale, channel: str) -> Order:
    canonical = sale.canonical
    order = make_row(
        Order,
        channel=channel,
        external_id=canonical.external_id,
        placed_at=canonical.placed_at,
        state=OrderState.DELIVERED,
    )
    order.schema_version = SCHEMA_VERSION
    apply_header(order, canonical)
    # Where it changed hands: whose people see it.
    order.service_level, order.pickup_node = ServiceLevel.PICKUP, sale.node
    return order


def _lines(order: Order, sale: CompletedSale) -> list[OrderLine]:
    lines = order_lines(order, sale.canonical)
    for line in lines:
        sku = sale.skus.get(line.sku_code)
        line.sku_id = sku.pk if sku else None
    return lines
