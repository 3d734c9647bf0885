"""Messages to customers: the very sentence somebody read before they clicked, and every item that was replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from apps.casework.events import CaseActionDone
from apps.casework.models import CaseAction
from apps.core.actor import Actor
from apps.core.event_types import EventData
from apps.core.money import show
from apps.notifications.services import Message, add_customer_messages, mail_customer
from apps.notifications.states import MessageTemplate
from apps.orchestration.step import Due, DueOf
from apps.orders.events import OrderLineSubstituted
from apps.orders.models import Order, OrderLine


def queue_customer_messages(dues: Sequence[Due], actor: Actor) -> None:
    """Write down what customers are to be notified of; what is about no order has nobody to notify."""
    messages = [message for due in dues for message in _MESSAGES[type(due.event)](due)]
    add_customer_messages(messages, actor=actor)


def send_customer_message(dues: Sequence[Due], actor: Actor) -> None:
    """Send one message to the customer of an order."""
    for due in dues:
        mail_customer(due.subject_id)


def _of_action(due: DueOf[CaseActionDone]) -> Iterable[Message]:
    action = CaseAction.objects.select_related("case").filter(public_id=due.event.ref).first()
    message = str(action.effect.get("customer_message", "")) if action else ""
    # A replaced item is announced when it is replaced, with its price.
    if action is None or action.case.order_id is None or not message or action.code == "substitute":
        return
    yield Message(action.case.order_id, MessageTemplate.NEWS, action.public_id, {"text": message})


def _of_substitution(due: DueOf[OrderLineSubstituted]) -> Iterable[Message]:
    order = Order.objects.filter(pk=due.subject_id).first()
    if order is None:
        return
    lines = {line.line_id: line for line in OrderLine.objects.filter(order=order).select_related("sku")}
    message = due.event
    before, after = lines.get(message.line), lines.get(message.new_line)
    params = {
        "before": f"{message.units} × {_named(before, message.from_)}",
        "after": f"{message.units} × {_named(after, message.to)}",
        "price": show(message.unit_price_minor, order.currency),
    }
    yield Message(order.pk, MessageTemplate.LINE_SUBSTITUTED, message.substitute, params)


def _named(line: OrderLine | None, code: str) -> str:
    if line is None:
        return code
    return line.title or (line.sku.name if line.sku else "") or code


_MESSAGES: dict[type[EventData], Callable[[DueOf[Any]], Iterable[Message]]] = {
    CaseActionDone: _of_action,
    OrderLineSubstituted: _of_substitution,
}
