"""Whether shops still send their webhooks: one that failed for a while is switched off there without a word to anybody.

Nothing is lost by it, orders are found by polling; they come minutes later, until somebody has the webhooks switched on again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from apps.channels import events
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import kinds_with
from apps.channels.framework.setup import Hook
from apps.channels.models import Channel
from apps.channels.selectors import lock_channel
from apps.channels.services.connecting import shop_of
from apps.channels.services.webhook_setup import webhook_address
from apps.core import clock
from apps.core.actor import Actor
from apps.core.outbox import record

_WATCHING = Actor("system", "webhook_watch")


@dataclass(frozen=True, slots=True)
class Standing:
    """``mine``: those that come here, ``foreign``: how many go elsewhere, ``gone``: topics registered once that are there no more."""

    mine: Sequence[Hook]
    foreign: int
    gone: Sequence[str]

    @property
    def lost(self) -> list[str]:
        """The topics of which nothing comes any more."""
        return sorted({*self.gone, *(one.topic for one in self.mine if not one.active)})


def standing_of(channel: Channel, found: Sequence[Hook]) -> Standing:
    """Of what the shop has now."""
    ours = webhook_address(channel)
    mine = [one for one in found if one.address == ours or one.relayed]
    known = channel.setup.get("hooks", {})
    # Those that an app brings along in its own settings stand in no list.
    listed = known.get("listed", known.get("topics", []))
    return Standing(mine, len(found) - len(mine), [one for one in listed if one not in {hook.topic for hook in mine}])


def lost_webhooks(channel: Channel) -> list[str]:
    """The topics that were missing when the shop was last asked."""
    return list(channel.setup.get("hooks", {}).get("lost", []))


@transaction.atomic
def request_webhook_checks() -> int:
    """Have every shop asked that webhooks are registered at; returns how many."""
    channels = Channel.objects.filter(
        active=True, paused_at__isnull=True, kind__in=kinds_with(Capability.REGISTER_WEBHOOKS)
    )
    due = [
        events.channel_fact(one, events.ChannelWebhooksDue()) for one in channels.exclude(base_url="").order_by("pk")
    ]
    record(*due, actor=_WATCHING)
    return len(due)


def check_webhooks(channel_id: int) -> list[str]:
    """Look at the shop, and say which topics are lost. Outside any transaction. Raises ShopBusy, ShopRefused, ShopUnreachable."""
    channel = Channel.objects.get(pk=channel_id)
    if not channel.speaks or channel.paused_at is not None:
        return []
    lost = standing_of(channel, shop_of(channel).hooks()).lost
    _note(channel_id, lost)
    return lost


@transaction.atomic
def _note(channel_id: int, lost: Sequence[str]) -> None:
    channel = lock_channel(channel_id)
    hooks = channel.setup.get("hooks", {})
    before = set(hooks.get("lost", []))
    seen = {**hooks, "lost": list(lost), "seen_at": clock.now().isoformat()}
    Channel.objects.filter(pk=channel_id).update(setup={**channel.setup, "hooks": seen})
    # Said once, and again only for more.
    if set(lost) - before:
        record(events.channel_fact(channel, events.ChannelWebhooksLost(topics=list(lost))), actor=_WATCHING)
