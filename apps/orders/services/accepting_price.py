"""Taking the source's total as it is, although the lines come to another one."""

from __future__ import annotations

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import service
from apps.orders import events, selectors
from apps.orders.errors import OrderEnded
from apps.orders.models import Order
from apps.orders.states import TERMINAL


@service
def charge_lines(order_id: int, *, actor: Actor) -> Order:
    """The order costs what its lines come to, whatever the source claims; the caller notifies who takes the money.

    The claim stays known, so that the source's next message does not bring it back. Raises OrderEnded.
    """
    order = selectors.lock_order(order_id)
    claimed = order.claimed_totals.get("total")
    if claimed == order.total_minor:
        return order
    if order.state in TERMINAL:
        raise OrderEnded(state=order.state)
    order.source_said.setdefault("claimed_totals", order.claimed_totals)
    order.claimed_totals = {**order.claimed_totals, "total": order.total_minor}
    order.price_accepted = True
    update_rows([order], ["claimed_totals", "source_said", "price_accepted"])
    fact = events.OrderPriceAccepted(claimed=claimed, recomputed=order.total_minor, charged=order.total_minor)
    record(events.order_fact(order, fact), actor=actor)
    return order


@service
def accept_price(order_id: int, *, actor: Actor) -> Order:
    """A person accepts the claimed total; the order is checked again and no longer held for it. Twice is once.

    Raises OrderEnded.
    """
    order = selectors.lock_order(order_id)
    if order.price_accepted:
        return order
    if order.state in TERMINAL:
        raise OrderEnded(state=order.state)
    order.price_accepted = True
    update_rows([order], ["price_accepted"])
    fact = events.OrderPriceAccepted(claimed=order.claimed_totals.get("total"), recomputed=order.total_minor)
    record(events.order_fact(order, fact), actor=actor)
    return order
