"""Cancelling part of an order."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.event_types import EventData
from apps.core.outbox import record
from apps.core.transactions import service
from apps.orders import events, selectors
from apps.orders.errors import LinesNotCancellable, OrderNotRevisable
from apps.orders.models import Order
from apps.orders.states import TERMINAL, OrderState


@service
def cancel_lines(order_id: int, *, units: Mapping[int, int], reason: str, actor: Actor) -> Order:
    """Take units off lines (by order line pk); what is left of the order goes on from where it stands.

    What stock they claim is the caller's business. Raises OrderNotRevisable, LinesNotCancellable, also where nothing would
    be left: then the order is to be cancelled.
    """
    order = selectors.lock_order(order_id)
    if order.state in TERMINAL or order.state == OrderState.SHIPPED:
        raise OrderNotRevisable(state=order.state)
    lines = {line.pk: line for line in selectors.lines_by_order([order_id])[order_id]}
    for pk, count in units.items():
        free = lines[pk].open_quantity if pk in lines else 0
        if count < 1 or count > free:
            raise LinesNotCancellable(line=lines[pk].sku_code if pk in lines else pk, free=free)
        lines[pk].cancelled_quantity += count
    if not any(line.open_quantity for line in lines.values()):
        raise LinesNotCancellable(line="the whole order", free=0)
    update_rows([lines[pk] for pk in units], ["cancelled_quantity"])
    # The order's own version rises with its lines: who read it before has to look again.
    update_rows([order], ["entered_state_at"])
    fact = {lines[pk].line_id: count for pk, count in units.items()}
    next_steps: dict[str, EventData] = {
        OrderState.RECEIVED: events.OrderRecheckRequested(),
        OrderState.VALIDATED: events.OrderRoutingResumed(),
    }
    facts = [events.order_fact(order, events.OrderLinesCancelled(lines=fact, reason_given=bool(reason)))]
    facts += [events.order_fact(order, next_steps[order.state])] if order.state in next_steps else []
    record(*facts, actor=actor)
    return order
