"""Making fulfillment orders: one per order and node, from what routing reserved there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_groups, take_ids
from apps.core.bulk.bulk_update import update_rows
from apps.core.bulk.fast_rows import make_row
from apps.core.bulk.raw_rows import select_joined
from apps.core.outbox import Fact, record
from apps.core.transactions import atomic_unless_buffered, service
from apps.fulfillment import events
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.selectors import OUTSIDE
from apps.fulfillment.states import BEFORE_SHIPPED, FulfillmentState
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.services import allocate_reservations
from apps.inventory.states import ReservationState
from apps.network.models import Node
from apps.orders.models import Order


@atomic_unless_buffered
def create_fulfillment_orders(orders: Sequence[Order], *, actor: Actor) -> list[FulfillmentOrder]:
    """Turn every claim not yet bound into fulfillment orders. Doing it again finds nothing left to bind.

    The caller has locked the orders. In-house nodes that need nobody's yes start out accepted.
    """
    by_pk = {order.pk: order for order in orders}
    claims = _unbound(by_pk)
    nodes = Node.objects.in_bulk({claim.level.node_id for claim in claims})
    groups = [(key, list(rows)) for key, rows in groupby(claims, key=lambda c: (c.order_id, c.level.node_id))]
    made = [_fulfillment_order(by_pk[o], nodes[n], rows) for (o, n), rows in groups]
    for row, pk in zip(made, take_ids(FulfillmentOrder, len(made)), strict=True):
        row.pk = pk
    lines = [
        make_row(
            FulfillmentLine,
            fulfillment_order_id=fulfillment_order.pk,
            order_line_id=claim.order_line_id,
            sku_id=claim.level.sku_id,
            reservation_id=claim.pk,
            quantity=claim.quantity,
        )
        for fulfillment_order, (_, rows) in zip(made, groups, strict=True)
        for claim in rows
    ]
    insert_groups(made, lines)
    allocate_reservations(claims)
    record(*[_fact(row, nodes[row.node_id], by_pk[row.order_id]) for row in made], actor=actor)
    return made


def _unbound(order_ids: Iterable[int]) -> list[Reservation]:
    claims: list[Reservation] = []
    found = select_joined(_UNBOUND, [list(order_ids), ReservationState.RESERVED], r=Reservation, l=StockLevel)
    for claim, claim.level in found:
        claims.append(claim)
    return claims


_UNBOUND = """
  FROM inventory_reservation r JOIN inventory_stocklevel l ON l.id = r.level_id
 WHERE r.order_id = ANY(%s::bigint[]) AND r.state = %s
 ORDER BY r.order_id, l.node_id, r.id FOR NO KEY UPDATE OF r
"""


def _fulfillment_order(order: Order, node: Node, claims: Sequence[Reservation]) -> FulfillmentOrder:
    row = FulfillmentOrder(order=order, node=node, service_level=order.service_level, ship_by=order.ship_by)
    row.waits_for_stock = any(claim.backordered for claim in claims)
    if node.kind not in OUTSIDE and node.auto_accept and not row.waits_for_stock:
        row.accept()
    return row


def _fact(row: FulfillmentOrder, node: Node, order: Order) -> Fact:
    return events.fulfillment_fact(row, order.public_id, _assigned(row, node))


def _assigned(row: FulfillmentOrder, node: Node) -> events.FulfillmentEvent:
    if row.waits_for_stock:
        return events.FulfillmentAssigned(waits_for_stock=True)
    if node.kind in OUTSIDE:
        return events.FulfillmentRequested()
    return events.FulfillmentAccepted() if node.auto_accept else events.FulfillmentAssigned()


@service
def wake_waiting(reservation_ids: Iterable[int], *, actor: Actor) -> list[FulfillmentOrder]:
    """The stock these claims waited for is there: their fulfillment orders may be worked on, once none waits any more."""
    lines = FulfillmentLine.objects.filter(reservation_id__among=reservation_ids)
    rows = list(
        FulfillmentOrder.objects.select_for_update(no_key=True, of=("self",))
        .select_related("order", "node")
        .filter(pk__in=lines.values("fulfillment_order_id"), waits_for_stock=True, state__in=BEFORE_SHIPPED)
        .exclude(lines__reservation__backordered__gt=0)
        .order_by("pk")
    )
    for row in rows:
        row.waits_for_stock = False
        if row.node.kind not in OUTSIDE and row.node.auto_accept and row.state == FulfillmentState.OPEN:
            row.accept()
    update_rows(rows, ["waits_for_stock", "state", "entered_state_at"])
    record(*[_fact(row, row.node, row.order) for row in rows], actor=actor)
    return rows
