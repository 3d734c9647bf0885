"""A person's word on where one order's goods come from."""

from __future__ import annotations

from collections.abc import Collection

from apps.core import clock
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.transactions import service
from apps.orders import events
from apps.orders.errors import OrderNotRevisable
from apps.orders.models import Order
from apps.orders.selectors import lock_order
from apps.orders.services import unroute_orders
from apps.orders.states import OrderState
from apps.routing.models import RoutingInstruction
from apps.routing.terms import Instruction

ROUTABLE = (OrderState.VALIDATED, OrderState.ROUTED, OrderState.RELEASED)


@service
def instruct_routing(order_id: int, *, instruction: Instruction, reroute: bool = True, actor: Actor) -> Order:
    """Route what of the order has no place yet by this instruction, in place of any before it.

    ``reroute`` False: the caller gives claims up in this transaction, and what follows that routes again. Raises
    OrderNotRevisable where nothing is to be routed (any more).
    """
    order = lock_order(order_id)
    if order.state not in ROUTABLE:
        raise OrderNotRevisable(state=order.state)
    row = RoutingInstruction.objects.filter(order=order).first() or RoutingInstruction(order=order)
    row.content, row.given_by, row.given_at, row.used_at = instruction.to_json(), str(actor), clock.now(), None
    row.save()
    record(events.order_fact(order, _instructed(instruction)), actor=actor)
    if reroute and order.state == OrderState.VALIDATED:
        record(events.order_fact(order, events.OrderRoutingResumed()), actor=actor)
    elif reroute:
        unroute_orders([order], actor=actor)
    return order


def carried_out(order_ids: Collection[int]) -> None:
    """All of these orders found its place: from now on they are routed by the policy again."""
    if not order_ids:
        return
    for row in RoutingInstruction.objects.filter(order_id__in=list(order_ids), used_at__isnull=True):
        row.used_at = clock.now()
        row.save()


def _instructed(instruction: Instruction) -> events.OrderRoutingInstructed:
    return events.OrderRoutingInstructed(
        pins={str(pk): node for pk, node in instruction.pins.items()},
        split_allowed=instruction.split_allowed,
        max_splits=instruction.max_splits,
        partial=instruction.partial,
    )
