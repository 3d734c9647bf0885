"""Cancelling an order, or what has not left of it, together with the work at nodes, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from apps.core.actor import Actor
from apps.core.transactions import service
from apps.fulfillment import selectors
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services.stopping import call_off_rows, stop_row
from apps.fulfillment.states import BEFORE_SHIPPED
from apps.inventory.models import Reservation
from apps.inventory.services import release_reservations
from apps.inventory.states import ReservationState
from apps.orders.models import Order
from apps.orders.selectors import lock_order
from apps.orders.services import cancel_order, cancel_rest
from apps.orders.states import OrderState


@service
def call_off_order(order_id: int, *, reason: str, actor: Actor) -> Order:
    """Cancel an order; where part of it has left, what has not: the order then ends with its parcels. Twice is once.

    In-house work is stopped here. A ship confirmation at the same moment locks the fulfillment order too: whoever comes
    second finds the other's state there. Partners are asked to stop by the steps that follow. Raises OrderNotCancellable
    once all has left.
    """
    order = lock_order(order_id)
    if order.state == OrderState.CANCELLED or order.rest_cancelled_at is not None:
        return order
    rows = selectors.lock_of_orders([order_id])
    left = selectors.whole_units_left(order_id)
    if left or selectors.goods_out(rows):
        order = cancel_rest(order_id, left=left, reason=reason, actor=actor)
        _release_unbound(order, actor)
    else:
        order = cancel_order(order_id, reason=reason, actor=actor)
    _stop_work(order, [row for row in rows if row.state in BEFORE_SHIPPED], actor)
    return order


def _stop_work(order: Order, rows: Sequence[FulfillmentOrder], actor: Actor) -> None:
    nodes = selectors.nodes_outside(row.node_id for row in rows)
    for row in rows:
        if row.node_id not in nodes:
            stop_row(row, order, actor=actor)
    call_off_rows([row for row in rows if row.node_id in nodes], order, actor=actor)


def _release_unbound(order: Order, actor: Actor) -> None:
    """Claims that no node has received, before a step makes work of them."""
    claims = Reservation.objects.filter(order_id=order.pk, state=ReservationState.RESERVED)
    release_reservations(
        claims.values_list("pk", flat=True), reason="cancelled", references={order.pk: order.public_id}, actor=actor
    )
