"""Answering what a shop asks about people: a person's data is erased here, or put together for somebody to hand out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.channels import events
from apps.channels.framework.registry import adapter_of
from apps.channels.mapping.privacy import PrivacyKind, PrivacyRequest
from apps.channels.models import Channel, InboxMessage
from apps.channels.services.reading import parse
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.orders.models import Order, OrderContact
from apps.orders.services.erasing import erase_contacts
from apps.orders.states import BEFORE_LEAVING

# Within that a person has to be answered (GDPR, article 12: a month).
ANSWERED_WITHIN = timedelta(days=30)
AT_ONCE = 200
# What is left of a message whose person was erased.
ERASED = b'{"erased": true}'


@dataclass(frozen=True, slots=True)
class PrivacyAnswer:
    """``orders``: public ids of those that hold something of the person, or did; ``in_hand``: of those that have not left yet, and
    are erased when they have; ``messages``: raw messages; ``more``: there are more orders than were erased at once."""

    request: PrivacyRequest
    channel: str
    due: datetime
    orders: Sequence[str]
    in_hand: Sequence[str]
    messages: int
    more: bool = False


def ask_about_privacy(message: InboxMessage, *, actor: Actor) -> None:
    """Have the request that the message brings answered."""
    record(events.message_fact(message, events.ChannelPrivacyRequested()), actor=actor)


@transaction.atomic
def answer_privacy_request(message_id: int, *, actor: Actor) -> PrivacyAnswer:
    """Erase what is to be erased, as far as it can be today, or find what is held. Doing it again erases what is left."""
    message = InboxMessage.objects.select_related("channel").select_for_update(of=("self",)).get(pk=message_id)
    channel = message.channel
    request = adapter_of(channel.kind).messages.privacy(message.topic, parse(bytes(message.body)))
    assert request is not None, "only messages that bring a request are answered"
    orders = list(_orders_of(channel, request)[: AT_ONCE + 1])
    in_hand = [one for one in orders if one.state in BEFORE_LEAVING] if request.kind != PrivacyKind.DATA else []
    _keep_only_ids(message, request)
    erasable = [one for one in orders if one not in in_hand][:AT_ONCE]
    messages = InboxMessage.objects.filter(channel=channel, external_id__in=[one.external_id for one in erasable])
    count = messages.exclude(body=ERASED).count()
    if request.kind != PrivacyKind.DATA:
        erase_contacts([one.pk for one in erasable], reason=f"{request.kind}_erased", actor=actor)
        messages.update(body=ERASED, headers={"source": "erased"}, problems=[])
    return PrivacyAnswer(
        request=request,
        channel=channel.name,
        due=message.received_at + ANSWERED_WITHIN,
        orders=[one.public_id for one in erasable],
        in_hand=[one.public_id for one in in_hand],
        messages=count,
        more=len(orders) > AT_ONCE,
    )


def _orders_of(channel: Channel, request: PrivacyRequest) -> QuerySet[Order]:
    """Those of which something of the person is still here; of the whole shop, of anybody."""
    known = OrderContact.objects.exclude(name="", email="", phone="", line1="", customer_reference="")
    rows = Order.objects.filter(channel=channel.code).order_by("pk")
    if request.kind == PrivacyKind.SHOP:
        return rows.filter(pk__in=known.values("order_id"))
    own = Q(external_id__in=request.orders)
    if request.customer:
        theirs = OrderContact.objects.filter(customer_reference=request.customer, order__channel=channel.code)
        own |= Q(pk__in=theirs.values("order_id"))
    return rows.filter(own)


def _keep_only_ids(message: InboxMessage, request: PrivacyRequest) -> None:
    """The request itself names the person; what it takes to answer it stays."""
    kept = adapter_of(message.channel.kind).messages.without_person(json.loads(bytes(message.body)))
    InboxMessage.objects.filter(pk=message.pk).update(body=json.dumps(kept).encode())
