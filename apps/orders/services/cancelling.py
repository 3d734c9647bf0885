"""Calling an order off."""

from __future__ import annotations

from collections.abc import Mapping

from django_fsm import can_proceed

from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import service
from apps.orders import events, selectors
from apps.orders.errors import OrderNotCancellable
from apps.orders.models import Order
from apps.orders.services.holding import end_holds
from apps.orders.states import BEFORE_LEAVING, OrderState

NOTHING_LEFT_TO_HOLD = "what had not left was cancelled"


@service
def cancel_order(order_id: int, *, reason: str, actor: Actor) -> Order:
    """Cancel an order of which nothing has left; twice is once. What has left of it is for the caller to know."""
    order = selectors.lock_order(order_id)
    if order.state == OrderState.CANCELLED:
        return order
    if not can_proceed(order.cancel):
        raise OrderNotCancellable(state=order.state)
    order.cancel(reason[:255])
    update_rows([order], ["state", "cancel_reason", "entered_state_at"])
    end_holds([order], why=Text("the order was cancelled"), actor=actor)
    record(events.order_fact(order, events.OrderCancelled(reason_given=bool(reason))), actor=actor)
    return order


@service
def cancel_rest(order_id: int, *, left: Mapping[int, int], reason: str, actor: Actor) -> Order:
    """Cancel what has not left: of each line all but the units that have, ``left`` by order line pk. Twice is once.

    The order keeps its state and ends with its parcels. What nodes have in hand is the caller's business. Raises
    OrderNotCancellable where nothing was left to stop.
    """
    order = selectors.lock_order(order_id)
    if order.rest_cancelled_at is not None:
        return order
    lines = selectors.lines_by_order([order_id])[order_id]
    stopped = {line: line.open_quantity - left.get(line.pk, 0) for line in lines}
    stopped = {line: units for line, units in stopped.items() if units > 0}
    if order.state not in BEFORE_LEAVING or not stopped:
        raise OrderNotCancellable(state=order.state if order.state not in BEFORE_LEAVING else OrderState.SHIPPED)
    for line, units in stopped.items():
        line.cancelled_quantity += units
    update_rows(list(stopped), ["cancelled_quantity"])
    order.rest_cancelled_at, order.cancel_reason = clock.now(), reason[:255]
    update_rows([order], ["rest_cancelled_at", "cancel_reason"])
    end_holds([order], why=NOTHING_LEFT_TO_HOLD, actor=actor)
    fact = events.OrderRestCancelled(
        lines={line.line_id: units for line, units in stopped.items()},
        left=sum(left.values()),
        left_minor=sum(line.unit_price_minor * left.get(line.pk, 0) for line in lines),
        reason_given=bool(reason),
    )
    facts = [events.order_fact(order, fact)]
    facts += [events.order_fact(order, events.OrderRoutingResumed())] if order.state == OrderState.VALIDATED else []
    record(*facts, actor=actor)
    return order
