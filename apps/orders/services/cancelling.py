"""Calling an order off."""

from __future__ import annotations

from django.db import transaction
from django_fsm import can_proceed

from apps.core.actor import Actor
from apps.core.batch import save_rows
from apps.core.outbox import record
from apps.orders import events, selectors
from apps.orders.errors import OrderNotCancellable
from apps.orders.models import Order
from apps.orders.states import OrderState


@transaction.atomic
def cancel_order(order_id: int, *, reason: str, actor: Actor, left_the_building: bool = False) -> Order:
    """Cancel an order that has not left the building; twice is once.

    ``left_the_building``: the caller, holding the order's lock, has seen something of it shipped already.
    """
    order = selectors.lock_order(order_id)
    if order.state == OrderState.CANCELLED:
        return order
    if left_the_building or not can_proceed(order.cancel):
        gone = order.state in (OrderState.SHIPPED, OrderState.DELIVERED)
        raise OrderNotCancellable(state="partly shipped" if left_the_building and not gone else order.state)
    order.cancel(reason[:255])
    save_rows([order], ["state", "cancel_reason", "entered_state_at"])
    record(events.order_fact(events.CANCELLED, order, {"reason_given": bool(reason)}), actor=actor)
    return order
