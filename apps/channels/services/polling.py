"""Asking shops for orders that no webhook brought: a webhook that failed for long is switched off there without a word.

What is found goes the same way as a webhook. Windows overlap, and what is known at its version is passed over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from apps.channels import events
from apps.channels.errors import ChannelNotReady, ShopRefused
from apps.channels.framework.adapter import Capability
from apps.channels.framework.paging import walk
from apps.channels.framework.registry import adapter_of, kinds_with
from apps.channels.framework.shop import Shop
from apps.channels.mapping.facts import Facts, facts
from apps.channels.models import Channel, InboxMessage
from apps.channels.selectors import lock_channel
from apps.channels.services.connecting import shop_of
from apps.channels.services.missing_orders import check_open_orders
from apps.channels.services.receiving import store_messages
from apps.core import clock
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import in_transaction, service
from apps.orders.models import Order
from apps.orders.selectors import existing_orders, held_order_ids
from apps.orders.states import OrderState

OVERLAP = timedelta(minutes=5)
FIRST_LOOK_BACK = timedelta(days=1)
# A run is leased for 45 s; a page takes 12 s at worst. What is left is another run's.
LONGEST_SHIFT_S = 20.0
_POLLING = Actor("system", "polling")


@dataclass(frozen=True, slots=True)
class _Found:
    """An order of a page, and what is known of it before it is read."""

    body: bytes
    facts: Facts

    @property
    def key(self) -> str:
        return f"poll:{hashlib.sha256(self.body).hexdigest()}"


@transaction.atomic
def request_polls() -> int:
    """Have every channel asked that can be; returns how many."""
    channels = Channel.objects.filter(active=True, paused_at__isnull=True, kind__in=kinds_with(Capability.POLLING))
    channels = channels.exclude(base_url="")
    due = [events.poll_fact(channel) for channel in channels.order_by("pk")]
    record(*due, actor=_POLLING)
    return len(due)


@service
def request_poll(channel_id: int, *, actor: Actor) -> None:
    """Have this channel asked now. Raises ChannelNotFound, ChannelNotReady."""
    channel = lock_channel(channel_id)
    if not channel.speaks or channel.paused_at is not None or not adapter_of(channel.kind).can(Capability.POLLING):
        raise ChannelNotReady(problem=Text("Orders can’t be fetched from {name}.", name=channel.name))
    record(events.poll_fact(channel), actor=actor)


def poll_channel(channel_id: int) -> int:
    """Take in what changed since the last time; returns how many messages that made. Outside any transaction.

    Raises OrdersGone, ShopBusy, ShopRefused, ShopUnreachable; what was found until then is kept, and the next run goes on
    there.
    """
    channel = Channel.objects.get(pk=channel_id)
    if not channel.speaks or channel.paused_at is not None:
        return 0
    shop, taken = shop_of(channel), 0
    *others, main = shop.listings
    for listing in others:
        taken += take_besides(channel, shop, listing, _since(channel))
    taken_here, finished = _take_changed(channel, shop, main)
    if finished:
        looks = adapter_of(channel.kind).can(Capability.MISSING_ORDERS)
        return taken + taken_here + (check_open_orders(channel, shop) if looks else 0)
    with transaction.atomic():
        record(events.poll_fact(channel), actor=_POLLING)
    return taken + taken_here


def take_besides(channel: Channel, shop: Shop, listing: str, since: datetime) -> int:
    """All of a list that has to be asked for apart, such as that of the orders in the bin."""
    try:
        return sum(take_page(channel, one.page.orders) for one in walk(partial(shop.changed_orders, listing), since))
    except ShopRefused as refusal:
        if refusal.details["answer"] != 400:
            raise
        # An old version that knows no such listing.
        return 0


def _take_changed(channel: Channel, shop: Shop, listing: str) -> tuple[int, bool]:
    """How many messages it made, and whether that was all: a run stops when its time is up, where time has got on."""
    began, until, taken, since = clock.now(), clock.monotonic() + LONGEST_SHIFT_S, 0, _since(channel)
    there = began
    for listed in walk(partial(shop.changed_orders, listing), since):
        taken += take_page(channel, listed.page.orders)
        # By the shop's clock: one that is slow changes orders at times that are past for us.
        there = min(there, listed.page.shop_time or there)
        _note(channel, min(listed.reached + OVERLAP, there))
        if clock.monotonic() > until and listed.reached > since:
            return taken, False
    _note(channel, there)
    return taken, True


def _since(channel: Channel) -> datetime:
    return (channel.polled_until or clock.now() - FIRST_LOOK_BACK) - OVERLAP


def _note(channel: Channel, moment: datetime) -> None:
    """Never back: a shop whose clock is behind by much would be asked for the same for ever."""
    known = channel.polled_until
    channel.polled_until = moment if known is None else max(moment, known)
    Channel.objects.filter(pk=channel.pk).update(polled_until=channel.polled_until)


def take_page(channel: Channel, orders: Sequence[Any]) -> int:
    """Keep those of a page's orders that say something new; how many messages that made."""
    found = {one.key: one for one in (_read(channel, order) for order in orders)}
    return in_transaction(lambda: _store(channel, found))


def _read(channel: Channel, order: Any) -> _Found:
    body = json.dumps(order, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    return _Found(body, facts(adapter_of(channel.kind).messages, "", order))


def _store(channel: Channel, found: dict[str, _Found]) -> int:
    known = existing_orders(channel.code, {one.facts.external_id for one in found.values() if one.facts.external_id})
    held = held_order_ids([order.pk for order in known.values()])
    seen = set(InboxMessage.objects.filter(channel=channel, dedupe_key__in=found).values_list("dedupe_key", flat=True))
    messages = [
        InboxMessage(
            channel=channel,
            external_id=one.facts.external_id,
            dedupe_key=key,
            headers={"source": "poll"},
            body=one.body,
            content_type="application/json",
        )
        for key, one in found.items()
        if key not in seen and not _is_known(one.facts, known.get(one.facts.external_id), held)
    ]
    store_messages(messages)
    return len(messages)


def _is_known(seen: Facts, order: Order | None, held: set[int]) -> bool:
    """At this version or a later one. A held order is read again: what holds it may have been fixed in that second."""
    if order is None or order.source_updated_at is None or seen.updated_at is None:
        return False
    if seen.is_cancellation and order.state != OrderState.CANCELLED:
        return False
    return seen.updated_at <= order.source_updated_at and order.pk not in held
