"""What becomes of goods whose payment is taken back after the order was checked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from apps.casework.services import Problem, open_case
from apps.casework.states import CaseType
from apps.core.actor import Actor
from apps.fulfillment.services import call_off_order
from apps.orchestration.step import Due
from apps.orders.canonical import PaymentState
from apps.orders.checks import NEVER_PAID
from apps.orders.errors import OrderNotCancellable
from apps.orders.models import Order
from apps.orders.selectors import lock_order
from apps.orders.services import place_hold
from apps.orders.states import BEFORE_LEAVING, HoldReason, OrderState

REFUNDED = "refunded in full"


def follow_payment(dues: Sequence[Due]) -> None:
    """Refunded in full, what has not left is cancelled; with a payment that fell through, it is held for a person."""
    for due in dues:
        order = lock_order(due.subject_id)
        if order.state not in BEFORE_LEAVING or order.rest_cancelled_at is not None:
            continue
        if order.payment_state == PaymentState.REFUNDED:
            # In the channel's name: it knows, having given the money back. All has left: then it is a return.
            with suppress(OrderNotCancellable):
                call_off_order(order.pk, reason=REFUNDED, actor=Actor("channel", order.channel))
        elif order.payment_state in NEVER_PAID and order.state != OrderState.RECEIVED:
            _hold(order)


def _hold(order: Order) -> None:
    """A received order is held by its own check."""
    actor = Actor("step", "follow_payment")
    sentence = f"The payment is {order.payment_state} by now; what has not left waits until it is in order."
    place_hold(order.pk, reason=HoldReason.PAYMENT_PROBLEM, note=sentence, actor=actor)
    problem = Problem(
        type=CaseType.PAYMENT_PROBLEM,
        subject_ref=order.public_id,
        sentence=sentence,
        order_id=order.pk,
        stream=order.public_id,
        detail={"state": order.payment_state},
    )
    open_case(problem, actor=actor)
