"""Asking shops for orders that no webhook brought: a webhook that failed for long is switched off there without a word.

What is found goes the same way as a webhook. Windows overlap, and what is known at its version is passed over.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.channels.mapping.facts import Facts, facts
from apps.channels.models import SPOKEN_KINDS, Channel, InboxMessage
from apps.channels.services.receiving import store_messages
from apps.channels.shops import Page, shop_of
from apps.core import clock
from apps.core.actor import Actor
from apps.core.outbox import Fact, record
from apps.core.retrying import in_transaction
from apps.orders.models import Order
from apps.orders.selectors import existing_orders, held_order_ids
from apps.orders.states import OrderState

POLL_DUE = "channel.poll_due"
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
    """Have every channel asked that can be; answers how many."""
    channels = Channel.objects.filter(active=True, kind__in=SPOKEN_KINDS).exclude(base_url="")
    facts_of = [_due(channel) for channel in channels.order_by("pk")]
    record(*facts_of, actor=_POLLING)
    return len(facts_of)


def _due(channel: Channel) -> Fact:
    return Fact(POLL_DUE, channel.pk, channel.public_id, channel.public_id)


def poll_channel(channel_id: int) -> int:
    """Take in what changed since the last time; answers how many messages that made. Outside any transaction.

    Raises ShopBusy, ShopRefused, ShopUnreachable; what was found until then is kept, and the next run goes on there.
    """
    channel = Channel.objects.get(pk=channel_id)
    if not channel.speaks:
        return 0
    began, until, taken = clock.now(), time.monotonic() + LONGEST_SHIFT_S, 0
    since, page, shop = (channel.polled_until or began - FIRST_LOOK_BACK) - OVERLAP, 1, shop_of(channel)
    while True:
        answer = shop.changed_orders(since, page=page)
        taken += _take(channel, answer.orders)
        if not answer.more:
            _note(channel, began)
            return taken
        since, page = _next(answer, since, page)
        _note(channel, min(since + OVERLAP, began))
        if time.monotonic() > until and page == 1:
            with transaction.atomic():
                record(_due(channel), actor=_POLLING)
            return taken


def _next(answer: Page, since: datetime, page: int) -> tuple[datetime, int]:
    """Where to go on. By time, not by page number: orders that change meanwhile move between pages, and one would slip
    through. Only where a single second fills a page is the next page of it asked for, if the shop has such."""
    last = (answer.newest or since) - timedelta(seconds=1)
    if last > since:
        return last, 1
    return (since, page + 1) if answer.paged else (since + timedelta(seconds=2), 1)


def _note(channel: Channel, moment: datetime) -> None:
    Channel.objects.filter(pk=channel.pk).update(polled_until=moment)


def _take(channel: Channel, orders: Sequence[Any]) -> int:
    found = {one.key: one for one in (_read(channel, order) for order in orders)}
    return in_transaction(lambda: _store(channel, found))


def _read(channel: Channel, order: Any) -> _Found:
    body = json.dumps(order, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    return _Found(body, facts(channel.kind, "", order))


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
    """At this version or a later one. A held order is read again: what holds it may have been put right in that second."""
    if order is None or order.source_updated_at is None or seen.updated_at is None:
        return False
    if seen.is_cancellation and order.state != OrderState.CANCELLED:
        return False
    return seen.updated_at <= order.source_updated_at and order.pk not in held
