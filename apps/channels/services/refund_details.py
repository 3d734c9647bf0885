"""What a refund was for, where the shop's message names only an amount: asked once, kept with the messages, read with all later ones."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

from apps.channels import events
from apps.channels.errors import ShopBusy
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.mapping.facts import facts
from apps.channels.models import Channel, InboxMessage
from apps.channels.services.connecting import shop_of
from apps.channels.services.known_refunds import KEY
from apps.channels.services.receiving import store_messages
from apps.core import clock
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.transactions import in_transaction
from apps.outbound.call_context import calls_about

# While a channel is paused its shop is not asked; looked at again after that.
WHILE_PAUSED = timedelta(minutes=1)


def ask_for_refunds(channel: Channel, message: InboxMessage, *, actor: Actor) -> None:
    """Have the refunds of the message's order read, where its shop can be asked."""
    if adapter_of(channel.kind).can(Capability.REFUND_DETAILS) and channel.speaks:
        fact = events.ChannelRefundsToRead(channel=channel.code)
        record(events.message_fact(message, fact, stream=message.order_ref), actor=actor)


def read_refunds(message_id: int, *, attempt: int = 1) -> None:
    """Ask the shop for the order of that message with its refunds, and take the answer in as a message of its own.

    Must run outside any transaction. Raises ShopBusy, ShopRefused, ShopUnreachable.
    """
    message = InboxMessage.objects.select_related("channel").get(pk=message_id)
    channel = message.channel
    if not channel.speaks or not message.external_id:
        return
    if channel.paused_at is not None:
        raise ShopBusy(clock.now() + WHILE_PAUSED, "the channel is paused")
    with calls_about(message.order_ref, message.public_id, attempt=attempt):
        order = shop_of(channel).order_with_refunds(message.external_id)
    if order is None:
        return
    body = json.dumps(order, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    in_transaction(lambda: _store(channel, order, body))


def _store(channel: Channel, order: Any, body: bytes) -> None:
    key = f"{KEY}{hashlib.sha256(body).hexdigest()}"
    if InboxMessage.objects.filter(channel=channel, dedupe_key=key).exists():
        return
    message = InboxMessage(
        channel=channel,
        external_id=facts(adapter_of(channel.kind).messages, "", order).external_id,
        dedupe_key=key,
        headers={"source": "refunds"},
        body=body,
        content_type="application/json",
    )
    store_messages([message])
