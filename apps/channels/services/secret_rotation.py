"""The secret a channel's webhooks are signed with, changed without refusing what is under way."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import transaction

from apps.channels.errors import ChannelNotFound, SecretRefused
from apps.channels.framework.registry import adapter_of
from apps.channels.models import Channel
from apps.core import clock
from apps.core.actor import Actor
from apps.core.process_cache import clear_process_cache
from apps.core.text import Text
from apps.core.transactions import service

log = structlog.get_logger(__name__)
# For how many days the old secret may stay good: long enough to change the shop over, not for ever.
KEPT_DAYS = (1, 7, 30)
SHORTEST = 8


@service
def rotate_channel_secret(channel_id: int, *, secret: str, keep_days: int, actor: Actor) -> tuple[Channel, str]:
    """Sign with ``secret`` from now on, or with one that is made where it is empty; the old one is good for a while.

    Returns the channel and the new secret, to be shown this once. Raises ChannelNotFound, SecretRefused.
    """
    channel = Channel.objects.select_for_update(no_key=True).filter(pk=channel_id).first()
    if channel is None:
        raise ChannelNotFound(channel=channel_id)
    signing = adapter_of(channel.kind).signing
    if signing is None:
        raise SecretRefused(problem=Text("its orders do not come as webhooks"))
    if secret and (len(secret) < SHORTEST or secret == channel.secret):
        raise SecretRefused(
            problem=Text("a new one has at least {least} characters and is not the old one", least=SHORTEST)
        )
    fresh = secret or signing.new_secret()
    until = clock.now() + timedelta(days=keep_days) if channel.secret else None
    channel.previous_secret, channel.previous_until, channel.secret = channel.secret, until, fresh
    channel.save(update_fields=["secret", "previous_secret", "previous_until"])
    transaction.on_commit(clear_process_cache)
    log.info("channel_secret_rotated", channel=channel.code, by=str(actor))
    return channel, fresh
