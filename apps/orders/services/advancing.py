"""Moving orders along, many at a time."""

from __future__ import annotations

from collections.abc import Sequence

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.orders import events
from apps.orders.models import Order
from apps.orders.services.holding import end_holds


def mark_validated(orders: Sequence[Order], *, actor: Actor) -> None:
    """Received → validated. The caller holds the locks, here and below, and has checked the states."""
    for order in orders:
        order.validate()
    _save(orders, events.VALIDATED, actor)


def mark_routed(orders: Sequence[Order], *, actor: Actor) -> None:
    """Validated → routed."""
    for order in orders:
        order.route()
    _save(orders, events.ROUTED, actor)


def mark_released(orders: Sequence[Order], *, actor: Actor) -> None:
    """Routed → released."""
    for order in orders:
        order.release()
    _save(orders, events.RELEASED, actor)


def mark_shipped(orders: Sequence[Order], *, actor: Actor) -> None:
    """Released → shipped: the last parcel has left."""
    for order in orders:
        order.ship()
    _save(orders, events.SHIPPED, actor)
    end_holds(orders, why="all of it has left", actor=actor)


def mark_delivered(orders: Sequence[Order], *, actor: Actor) -> None:
    """Shipped → delivered: the last parcel has arrived."""
    for order in orders:
        order.deliver()
    _save(orders, events.DELIVERED, actor)


def unroute_orders(orders: Sequence[Order], *, actor: Actor) -> None:
    """Routed or released → validated: some of it has to be placed anew. What is under way elsewhere goes on."""
    for order in orders:
        order.unroute()
    _save(orders, events.UNROUTED, actor)


def _save(orders: Sequence[Order], event: str, actor: Actor) -> None:
    update_rows(orders, ["state", "entered_state_at"])
    record(*[events.order_fact(event, order) for order in orders], actor=actor)
