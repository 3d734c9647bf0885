"""Choosing the store a customer collects from."""

from __future__ import annotations

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import service
from apps.orders import events, selectors
from apps.orders.errors import OrderNotRevisable
from apps.orders.models import Order
from apps.orders.services.revising import REVISABLE
from apps.orders.states import OrderState


@service
def choose_pickup_store(order_id: int, *, node: str, actor: Actor) -> Order:
    """Say at which node the order is collected; it is checked again and routed there alone. Twice is once.

    It stays until the channel names another place. Raises OrderNotRevisable once the order is being worked on.
    """
    order = selectors.lock_order(order_id)
    if order.pickup_node == node:
        return order
    if order.state not in REVISABLE:
        raise OrderNotRevisable(state=order.state)
    order.pickup_node = node
    update_rows([order], ["pickup_node"])
    if order.state == OrderState.VALIDATED:
        order.revise()
        update_rows([order], ["state", "entered_state_at"])
    record(events.order_fact(order, events.OrderRevised(changed=["pickup store"])), actor=actor)
    return order
