"""What becomes of goods whose payment is taken back after the order was checked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from apps.casework.services import Problem, open_case
from apps.casework.states import CaseType
from apps.channels.selectors import checking_terms
from apps.core.actor import Actor
from apps.core.text import Text
from apps.fulfillment.services import call_off_order
from apps.orchestration.step import Due
from apps.orders.canonical import PaymentState
from apps.orders.checks import NEVER_PAID, ChannelTerms
from apps.orders.errors import OrderNotCancellable
from apps.orders.models import Order
from apps.orders.selectors import lock_order, standing_holds
from apps.orders.services import place_hold, release_holds
from apps.orders.states import BEFORE_LEAVING, HoldReason, OrderState

REFUNDED = Text("refunded in full")


def follow_payment(dues: Sequence[Due], actor: Actor) -> None:
    """Refunded in full, what has not left is cancelled; with a payment that fell through or is awaited again, it is held for
    a person, until the payment is in order."""
    terms = checking_terms()
    for due in dues:
        order = lock_order(due.subject_id)
        if order.state not in BEFORE_LEAVING or order.rest_cancelled_at is not None:
            continue
        if order.payment_state == PaymentState.REFUNDED:
            # In the channel's name: it knows, having given the money back. All has left: then it is a return.
            with suppress(OrderNotCancellable):
                call_off_order(order.pk, reason=REFUNDED, actor=Actor("channel", order.channel))
        elif order.state != OrderState.RECEIVED:
            # A received order is held by its own check.
            unpaid = _is_unpaid(order, terms.get(order.channel, ChannelTerms()))
            _hold(order, actor) if unpaid else _let_go(order, actor)


def _is_unpaid(order: Order, terms: ChannelTerms) -> bool:
    """Paid in part counts as paid here: what was added since and is not paid for is not sent automatically."""
    awaited = order.payment_state == PaymentState.PENDING and not terms.ship_unpaid
    return awaited or order.payment_state in NEVER_PAID


def _let_go(order: Order, actor: Actor) -> None:
    """Paid after all: what was held for the payment alone goes on."""
    doubted = any(doubt["reason"] == HoldReason.PAYMENT_PROBLEM for doubt in order.doubts)
    rows = standing_holds(order.pk).filter(reason=HoldReason.PAYMENT_PROBLEM, placed_by=str(actor))
    holds = [] if doubted else list(rows)
    if holds:
        release_holds(order, holds, note=Text("the payment is in order"), actor=actor)


def _hold(order: Order, actor: Actor) -> None:
    sentence = Text(
        "The payment is {state} by now; what has not left waits until it is in order.",
        state=Text(order.payment_state.replace("_", " ")),
    )
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
