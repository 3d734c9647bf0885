"""Fetching the orders that messages only name, as some shops' webhooks and lists do: asked once for all that wait for one order.

The message was stored and acknowledged when it came, and waits until its order is fetched; the order is a message of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from apps.channels import events
from apps.channels.errors import ShopAddressRefused
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.mapping.facts import facts
from apps.channels.models import Channel, InboxMessage, Verdict
from apps.channels.services.connecting import shop_of
from apps.channels.services.receiving import store_messages
from apps.channels.verdict_reasons import BEING_FETCHED, FETCHED, NOT_THERE
from apps.core import clock
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import in_transaction
from apps.orders.selectors import existing_orders
from apps.outbound.call_context import calls_about

# A shop reports an order before all of its servers can show it.
SHOWS_IN = timedelta(minutes=2)
# Longer than any shop is away, or anybody takes to renew its keys. Polling finds what changed, too.
GIVES_UP_AFTER = timedelta(days=1)


class OrderNotThere(Exception):
    """The shop does not show the order yet that it reported just now."""


def ask_for_order(channel: Channel, message: InboxMessage, *, actor: Actor) -> None:
    """Have the order fetched that the message names."""
    record(events.message_fact(message, events.ChannelOrderToFetch(channel=channel.code)), actor=actor)


def fetch_order(message_id: int, *, attempt: int = 1) -> None:
    """Fetch the order that the message names, and take it in as a message of its own. Does nothing where another message about the
    same order has had it fetched since.

    Must run outside any transaction. Raises OrderNotThere, ShopBusy, ShopRefused, ShopUnreachable.
    """
    message = InboxMessage.objects.select_related("channel").get(pk=message_id)
    channel = message.channel
    if message.verdict != Verdict.WAITING:
        return
    if not channel.speaks or not adapter_of(channel.kind).can(Capability.FETCH_ORDERS):
        raise ShopAddressRefused(channel=channel.code, why="it is switched off, or has no address")
    # The shop answers for every message that came before it was asked, and for none that comes after.
    answered = list(_waiting(channel, message.external_id).values_list("pk", flat=True))
    with calls_about("", message.public_id, attempt=attempt):
        order = shop_of(channel).whole_order(message.external_id)
    if order is None and clock.now() < message.received_at + SHOWS_IN:
        raise OrderNotThere
    fetched = "" if order is None else _id_of(channel, order)
    in_transaction(lambda: _store(channel, message, order, fetched))
    _settle(channel, fetched or message.external_id, answered, NOT_THERE if order is None else FETCHED)


def give_up_fetching(message_id: int, why: str) -> InboxMessage:
    """Put the message before a person, who can have its order fetched again by replaying it."""
    problem = {
        "path": "",
        "problem": why,
        "what_to_do": Text("Put the cause right, then replay this: the order is fetched again."),
    }
    reason = Text("the order it names was not fetched: {why}", why=why)
    rows = InboxMessage.objects.filter(pk=message_id, verdict=Verdict.WAITING)
    rows.update(verdict=Verdict.QUARANTINED, reason=reason[:500], problems=[problem], settled_at=clock.now())
    return InboxMessage.objects.select_related("channel").get(pk=message_id)


def _waiting(channel: Channel, external_id: str) -> QuerySet[InboxMessage]:
    """The messages that wait for this order to be fetched."""
    return InboxMessage.objects.filter(
        channel=channel, external_id=external_id, verdict=Verdict.WAITING, reason=BEING_FETCHED
    )


def _id_of(channel: Channel, order: dict[str, Any]) -> str:
    """Messages may name something of the order instead of the order."""
    return facts(adapter_of(channel.kind).messages, "", order).external_id


def _store(channel: Channel, message: InboxMessage, order: dict[str, Any] | None, external_id: str) -> None:
    if order is None:
        return
    body = json.dumps(order, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    brought = InboxMessage.objects.filter(channel=channel, external_id=external_id)
    latest = brought.exclude(reason__in=(BEING_FETCHED, FETCHED)).order_by("-pk").values_list("body", flat=True).first()
    if latest is not None and bytes(latest) == body:
        return
    # As polling names it: what it found first is here already, unless something else was said since, as of one that was
    # held and is held no more.
    key = f"poll:{hashlib.sha256(body).hexdigest()}"
    if InboxMessage.objects.filter(channel=channel, dedupe_key=key).exists():
        key = f"fetch:{message.public_id}"
    row = InboxMessage(
        channel=channel,
        external_id=external_id,
        dedupe_key=key,
        headers={"source": "fetch"},
        body=body,
        content_type="application/json",
    )
    store_messages([row])


def _settle(channel: Channel, external_id: str, answered: Sequence[int], reason: str) -> None:
    known = existing_orders(channel.code, {external_id}).get(external_id)
    InboxMessage.objects.filter(pk__in=answered, verdict=Verdict.WAITING, reason=BEING_FETCHED).update(
        verdict=Verdict.IGNORED if reason == NOT_THERE else Verdict.ACCEPTED,
        reason=reason,
        order_ref=known.public_id if known else "",
        settled_at=clock.now(),
    )
