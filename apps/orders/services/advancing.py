"""Moving orders along, many at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.event_types import EventData
from apps.core.outbox import record
from apps.core.text import Text
from apps.orders import events
from apps.orders.models import Order
from apps.orders.services.holding import end_holds


def mark_validated(orders: Sequence[Order], *, actor: Actor) -> None:
    """Received → validated. The caller holds the locks, here and below, and has checked the states."""
    for order in orders:
        order.validate()
    _save(orders, events.OrderValidated(), actor)


def mark_routed(orders: Sequence[Order], *, partly: Mapping[int, str], actor: Actor) -> None:
    """Validated → routed. ``partly``: the routing decision by order pk, where some units of the order found no place."""
    for order in orders:
        order.route()
        order.partly_placed = order.pk in partly
    update_rows(orders, ["state", "entered_state_at", "partly_placed"])
    record(*[events.order_fact(order, events.OrderRouted()) for order in orders], actor=actor)
    lacking = [order for order in orders if order.partly_placed]
    record(*[events.order_fact(o, events.OrderPartlyRouted(decision=partly[o.pk])) for o in lacking], actor=actor)


def mark_released(orders: Sequence[Order], *, actor: Actor) -> None:
    """Routed → released."""
    for order in orders:
        order.release()
    _save(orders, events.OrderReleased(), actor)


def mark_shipped(orders: Sequence[Order], *, actor: Actor) -> None:
    """Released → shipped: the last parcel has left."""
    for order in orders:
        order.ship()
    _save(orders, events.OrderShipped(), actor)
    end_holds(orders, why=Text("all of it has left"), actor=actor)


def mark_delivered(orders: Sequence[Order], *, actor: Actor) -> None:
    """Shipped → delivered: the last parcel has arrived."""
    for order in orders:
        order.deliver()
    _save(orders, events.OrderDelivered(), actor)


def unroute_orders(orders: Sequence[Order], *, actor: Actor) -> None:
    """Routed or released → validated: some of it has to be placed again. What is under way elsewhere goes on."""
    for order in orders:
        order.unroute()
    _save(orders, events.OrderUnrouted(), actor)


def _save(orders: Sequence[Order], event: EventData, actor: Actor) -> None:
    update_rows(orders, ["state", "entered_state_at"])
    record(*[events.order_fact(order, event) for order in orders], actor=actor)
