"""Mails to customers about their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from apps.core import clock
from apps.core.actor import Actor
from apps.core.outbox import Fact, record
from apps.core.transactions import atomic_unless_buffered
from apps.notifications.events import CustomerMessageDue
from apps.notifications.mailing import send_mail
from apps.notifications.models import CustomerMessage
from apps.notifications.services.setting_up import text_of
from apps.notifications.states import MessageState
from apps.notifications.texts import filled
from apps.orders.models import OrderContact


@dataclass(frozen=True, slots=True)
class Message:
    """``reference``: what exactly it is about; the same is sent once. ``params`` hold no personal data."""

    order_id: int
    template: str
    reference: str
    params: Mapping[str, Any] = field(default_factory=dict)


@atomic_unless_buffered
def add_customer_messages(messages: Sequence[Message], *, actor: Actor) -> int:
    """Write down what customers are to be sent; it is sent a moment later. Returns how many are new."""
    known = set(
        CustomerMessage.objects.filter(order_id__in={one.order_id for one in messages}).values_list(
            "order_id", "template", "reference"
        )
    )
    fresh = {(one.order_id, one.template, one.reference): one for one in messages}
    rows = CustomerMessage.objects.bulk_create(
        [
            CustomerMessage(
                order_id=one.order_id, template=one.template, reference=one.reference, params=dict(one.params)
            )
            for key, one in fresh.items()
            if key not in known
        ]
    )
    record(*[Fact(CustomerMessageDue(), row.pk, row.public_id, "") for row in rows], actor=actor)
    return len(rows)


def mail_customer(message_id: int) -> None:
    """Send one message to the address the order has now; what was sent is left."""
    message = CustomerMessage.objects.select_related("order").get(pk=message_id)
    if message.state != MessageState.DUE:
        return
    contact = OrderContact.objects.filter(order=message.order_id).exclude(email="").first()
    if contact is None:
        CustomerMessage.objects.filter(pk=message_id).update(state=MessageState.NOBODY)
        return
    values = {**message.params, "order": message.order.number, "shop": settings.ORDERYARD["SHOP_NAME"]}
    text = text_of(message.template)
    send_mail(subject=filled(text.subject, values), body=filled(text.body, values) + "\n", to=contact.email)
    CustomerMessage.objects.filter(pk=message_id).update(state=MessageState.SENT, sent_at=clock.now())
