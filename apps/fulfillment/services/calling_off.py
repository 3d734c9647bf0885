"""Cancelling an order together with the work in our own nodes, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django_fsm import can_proceed

from apps.core.actor import Actor
from apps.core.batch import save_rows
from apps.core.outbox import record
from apps.fulfillment import events, selectors
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services.assigning import OUTSIDE
from apps.network.models import Node
from apps.orders.models import Order
from apps.orders.selectors import lock_order
from apps.orders.services import cancel_order


@transaction.atomic
def call_off_order(order_id: int, *, reason: str, actor: Actor) -> Order:
    """Cancel an order and stop its in-house fulfillment orders. Raises OrderNotCancellable once anything has left.

    A ship confirmation at the same moment locks the fulfillment order too: whoever comes second finds the other's
    state there and is refused. A partner's fulfillment order is asked to stop by the steps that follow.
    """
    lock_order(order_id)
    rows = selectors.lock_of_orders([order_id])
    order = cancel_order(order_id, reason=reason, actor=actor, left_the_building=selectors.anything_left(order_id))
    inside = _in_house(rows)
    for row in inside:
        row.cancel()
    save_rows(inside, ["state", "entered_state_at"])
    record(*[events.fulfillment_fact(events.CANCELLED, row, order.public_id) for row in inside], actor=actor)
    return order


def _in_house(rows: Sequence[FulfillmentOrder]) -> list[FulfillmentOrder]:
    outside = set(
        Node.objects.filter(pk__in={row.node_id for row in rows}, kind__in=OUTSIDE).values_list("pk", flat=True)
    )
    return [row for row in rows if row.node_id not in outside and can_proceed(row.cancel)]
