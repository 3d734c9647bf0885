"""From released to delivered, and the way back when a node says no."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apps.casework.services import Problem, open_cases
from apps.casework.states import CaseType
from apps.core.actor import Actor
from apps.core.event_types import EventData
from apps.core.outbox import record
from apps.core.text import Text
from apps.fulfillment.events import FulfillmentRejected, FulfillmentShipped, FulfillmentShortPicked
from apps.fulfillment.models import FulfillmentLine
from apps.fulfillment.selectors import lock_of_orders, states_by_order
from apps.fulfillment.services import create_fulfillment_orders as create_for_orders
from apps.fulfillment.services import issue_goods as issue_goods_of
from apps.fulfillment.states import FulfillmentState
from apps.inventory.selectors import live_reservations_of_orders
from apps.inventory.services import release_reservations
from apps.network.models import Node
from apps.orchestration.step import Due, DueOf
from apps.orchestration.steps.moot_cases import clear_moot_cases
from apps.orders import events as order_events
from apps.orders.models import Order
from apps.orders.selectors import lock_orders, lock_orders_to_move
from apps.orders.services import mark_delivered, mark_shipped, unroute_orders
from apps.orders.states import OrderState
from apps.routing.demands import orders_with_unplaced_units

GONE = frozenset({FulfillmentState.SHIPPED, FulfillmentState.DELIVERED})


def create_fulfillment_orders(dues: Sequence[Due], actor: Actor) -> None:
    """One fulfillment order per node; an order with nothing (more) to pick or to place is done at once."""
    locked = lock_orders_to_move(due.subject_id for due in dues)
    orders = [order for order in locked.values() if order.state == OrderState.RELEASED]
    create_for_orders(orders, actor=actor)
    working = states_by_order([order.pk for order in orders])
    gone = _through([order for order in orders if GONE.issuperset(working[order.pk])])
    mark_shipped(gone, actor=actor)
    # Where nothing is under way, nothing has to arrive; else the rest was cancelled after these had left.
    there = frozenset({FulfillmentState.DELIVERED})
    mark_delivered([order for order in gone if there.issuperset(working[order.pk])], actor=actor)
    if gone:
        clear_moot_cases(gone, actor=actor)


def _through(orders: Sequence[Order]) -> list[Order]:
    """Those of which nothing waits for a place any more."""
    waiting = orders_with_unplaced_units([order.pk for order in orders]) if orders else set()
    return [order for order in orders if order.pk not in waiting]


def issue_goods(dues: Sequence[DueOf[FulfillmentShipped]], actor: Actor) -> None:
    """Take what was shipped off the stock levels."""
    issue_goods_of([due.event.shipment for due in dues], actor=actor)


def advance_order(dues: Sequence[Due], actor: Actor) -> None:
    """An order whose last parcel has left is shipped; whose last has arrived, delivered. What has no place yet, has not left."""
    orders = lock_orders_to_move(_order_ids(dues))
    states = states_by_order(orders)
    left = [
        o for pk, o in orders.items() if o.state == OrderState.RELEASED and states[pk] and GONE.issuperset(states[pk])
    ]
    left = _through(left)
    mark_shipped(left, actor=actor)
    there = [
        o
        for pk, o in orders.items()
        if o.state == OrderState.SHIPPED and set(states[pk]) == {FulfillmentState.DELIVERED}
    ]
    mark_delivered(there, actor=actor)
    clear_moot_cases(orders.values(), actor=actor)


def _order_ids(dues: Sequence[Due]) -> list[int]:
    refs = {due.stream for due in dues}
    return list(Order.objects.filter(public_id__among=refs).values_list("pk", flat=True))


def reroute_lines(dues: Sequence[Due], actor: Actor) -> None:
    """A node refused or came up short: give its claims up and route just those lines again, that node excluded."""
    orders = lock_orders(_order_ids(dues))
    lock_of_orders(orders)
    refused = [due.subject_id for due in dues if isinstance(due.event, FulfillmentRejected)]
    references = {pk: order.public_id for pk, order in orders.items()}
    # What the node says is not there it has written off with its no; the rest is free again.
    release_reservations(_claims_of(refused), reason="node refused", references=references, actor=actor)
    open_cases([problem for due in dues for problem in _problem(due, orders.values())], actor=actor)
    unroute_orders([o for o in orders.values() if o.state in (OrderState.ROUTED, OrderState.RELEASED)], actor=actor)
    # What nobody wants any more is looked for nowhere.
    clear_moot_cases(orders.values(), actor=actor)


def _claims_of(fulfillment_order_ids: Iterable[int]) -> list[int]:
    rows = FulfillmentLine.objects.filter(fulfillment_order_id__among=fulfillment_order_ids)
    return list(rows.filter(reservation__isnull=False).values_list("reservation_id", flat=True))


def _problem(due: Due, orders: Iterable[Order]) -> list[Problem]:
    """A short pick is reported although its lines are routed again: the count at that node was wrong."""
    order = next((order for order in orders if order.public_id == due.stream), None)
    if not isinstance(due.event, FulfillmentShortPicked) or order is None:
        return []
    units, node = sum(due.event.missing.values()), _node(due.subject_id)
    return [
        Problem(
            type=CaseType.SHORT_PICK,
            subject_ref=due.subject_ref,
            sentence=Text.counted(
                "{name} could not find {count} unit; it is being routed elsewhere.",
                "{name} could not find {count} units; they are being routed elsewhere.",
                units,
                name=node.name,
            ),
            order_id=order.pk,
            stream=order.public_id,
            detail={"missing": due.event.missing},
            node=node.code,
        )
    ]


def _node(fulfillment_order_id: int) -> Node:
    return Node.objects.only("code", "name").get(fulfillment_orders__pk=fulfillment_order_id)


def release_stock(dues: Sequence[Due], actor: Actor) -> None:
    """Give up what a cancelled order claims, except where a partner still has it in hand."""
    orders = lock_orders(due.subject_id for due in dues)
    with_partner = {
        row.pk
        for row in lock_of_orders(orders)
        if row.state not in (FulfillmentState.CANCELLED, FulfillmentState.REJECTED)
    }
    claims = live_reservations_of_orders(orders).exclude(fulfillmentline__fulfillment_order_id__in=with_partner)
    release_reservations(
        list(claims.values_list("pk", flat=True)),
        reason="order cancelled",
        references={pk: order.public_id for pk, order in orders.items()},
        actor=actor,
    )
    clear_moot_cases(orders.values(), actor=actor)


def release_stock_of_fulfillment(dues: Sequence[Due], actor: Actor) -> None:
    """A fulfillment order was cancelled: its claims are free, once its order is cancelled too."""
    orders = lock_orders(_order_ids(dues))
    release_reservations(
        _claims_of(due.subject_id for due in dues),
        reason="fulfillment order cancelled",
        references={pk: order.public_id for pk, order in orders.items()},
        actor=actor,
    )


def resume_order(dues: Sequence[Due], actor: Actor) -> None:
    """The last hold is gone: the order takes the next step of the state it stands in."""
    orders = lock_orders(due.subject_id for due in dues)
    # Received orders go through validation by subscription; here stand those held further along the way.
    next_steps: dict[str, EventData] = {
        OrderState.VALIDATED: order_events.OrderRoutingResumed(),
        OrderState.ROUTED: order_events.OrderReleaseResumed(),
    }
    facts = [order_events.order_fact(o, next_steps[o.state]) for o in orders.values() if o.state in next_steps]
    record(*facts, actor=actor)
