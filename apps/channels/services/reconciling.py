"""Asking a shop again for every order that changed since a date: what a fault may have swallowed is found, and nothing is doubled.

It goes beside the usual polls and touches nothing of theirs: those keep the time up to which the channel is known to be whole.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.db import transaction

from apps.channels import events
from apps.channels.errors import ChannelNotReady
from apps.channels.framework.adapter import Capability
from apps.channels.framework.paging import walk
from apps.channels.framework.registry import adapter_of
from apps.channels.models import Channel
from apps.channels.selectors import lock_channel
from apps.channels.services.connecting import shop_of
from apps.channels.services.polling import LONGEST_SHIFT_S, OVERLAP, take_besides, take_page
from apps.core import clock
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import service

log = structlog.get_logger(__name__)
FURTHEST = timedelta(days=365)
_RECONCILING = Actor("system", "reconciling")


@service
def reconcile_channel(channel_id: int, *, since: datetime, actor: Actor) -> Channel:
    """Have the shop asked for all that changed since then. One that is under way starts again from the date that is earlier.
    Raises ChannelNotReady."""
    channel, now = lock_channel(channel_id), clock.now()
    if not channel.speaks or not adapter_of(channel.kind).can(Capability.POLLING):
        raise ChannelNotReady(problem=Text("Orders can’t be fetched from {name}.", name=channel.name))
    if not now - FURTHEST <= since < now:
        raise ChannelNotReady(problem=Text("Choose a date in the past year."))
    if is_running(channel):
        since = min(since, datetime.fromisoformat(channel.reconciling["since"]))
    begun = {
        "since": since.isoformat(),
        "reached": since.isoformat(),
        "until": now.isoformat(),
        "found": 0,
        "by": str(actor),
    }
    Channel.objects.filter(pk=channel_id).update(reconciling=begun)
    channel.reconciling = begun
    if channel.paused_at is None:
        record(events.channel_fact(channel, events.ChannelReconcileDue()), actor=actor)
    log.info("channel_reconciling", channel=channel.code, since=since.isoformat(), by=str(actor))
    return channel


def is_running(channel: Channel) -> bool:
    return bool(channel.reconciling) and "finished_at" not in channel.reconciling


def reconcile_part(channel_id: int) -> int:
    """Ask for the next part, as far as one shift comes; returns how many messages that made. Outside any transaction.

    Raises ShopBusy, ShopRefused, ShopUnreachable; what was found until then is kept, and the next run goes on there.
    """
    channel = Channel.objects.get(pk=channel_id)
    if not is_running(channel) or not channel.speaks or channel.paused_at is not None:
        return 0
    begun, shop, ends_at = channel.reconciling, shop_of(channel), clock.monotonic() + LONGEST_SHIFT_S
    until, since = datetime.fromisoformat(begun["until"]), datetime.fromisoformat(begun["reached"])
    *others, main = shop.listings
    taken = sum(take_besides(channel, shop, listing, since - OVERLAP) for listing in others)
    for listed in walk(partial(shop.changed_orders, main), since - OVERLAP):
        found = take_page(channel, listed.page.orders)
        taken += found
        if not _note(channel_id, begun, found, reached=listed.reached):
            return taken
        if listed.reached >= until:
            break
        if clock.monotonic() > ends_at and listed.reached > since:
            _go_on(channel)
            return taken
    _note(channel_id, begun, 0, finished_at=clock.now())
    return taken


@transaction.atomic
def _note(
    channel_id: int, begun: dict[str, Any], found: int, *, reached: datetime | None = None, finished_at: datetime | None = None
) -> bool:  # fmt: skip
    """How far it has come. False: it was started again meanwhile, with a run of its own."""
    channel = lock_channel(channel_id)
    now = channel.reconciling
    if (now.get("since"), now.get("until")) != (begun["since"], begun["until"]):
        return False
    now["found"] = int(now.get("found", 0)) + found
    if reached is not None:
        now["reached"] = max(reached, datetime.fromisoformat(now["reached"])).isoformat()
    if finished_at is not None:
        now |= {"reached": now["until"], "finished_at": finished_at.isoformat()}
    Channel.objects.filter(pk=channel_id).update(reconciling=now)
    return True


@transaction.atomic
def _go_on(channel: Channel) -> None:
    record(events.channel_fact(channel, events.ChannelReconcileDue()), actor=_RECONCILING)
