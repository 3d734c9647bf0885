"""The webhooks a shop sends us: registered for the shop's owner, looked at, and switched on again."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from django.conf import settings
from django.db import transaction

from apps.channels.errors import ChannelNotReady
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.setup import Hook
from apps.channels.models import Channel
from apps.channels.selectors import lock_channel
from apps.channels.services.asked_by_people import asked_by_people
from apps.channels.services.connecting import shop_of
from apps.channels.services.onboarding import note_done
from apps.channels.setup_steps import SetupStep
from apps.core import clock
from apps.core.actor import Actor
from apps.core.process_cache import clear_process_cache
from apps.core.text import Text
from apps.core.transactions import service

log = structlog.get_logger(__name__)


def webhook_address(channel: Channel) -> str:
    """Where the shop sends its webhooks."""
    return f"{settings.ORDERYARD['URL'].rstrip('/')}/hooks/{channel.kind}/{channel.code}/"


def can_register(channel: Channel) -> bool:
    adapter = adapter_of(channel.kind)
    has_all = not adapter.webhooks_need or bool(getattr(channel.typed_settings, adapter.webhooks_need))
    return adapter.can(Capability.REGISTER_WEBHOOKS) and has_all


def secret_is_pasted(channel: Channel) -> bool:
    """Whether the vendor gives the secret, so that none is made here; where it may be typed, one is made for whoever types none."""
    return any(one.name == "secret" and not one.optional for one in adapter_of(channel.kind).asked)


def register_webhooks(channel_id: int, *, actor: Actor) -> Sequence[Hook]:
    """Have the shop send every webhook we read to us, switched on again where it is off; a secret is made where there is none.

    Doing it again changes nothing that is right. Must run outside any transaction. Raises ChannelNotReady, NotConnected.
    """
    channel = ensure_secret(channel_id, actor=actor)
    if not can_register(channel):
        raise ChannelNotReady(problem=Text("Webhooks of this kind of shop are set up in the shop itself."))
    with asked_by_people():
        hooks = shop_of(channel).register_hooks(webhook_address(channel), channel.secret)
    _note(channel_id, hooks, actor=actor)
    return hooks


def registered_webhooks(channel: Channel) -> Sequence[Hook]:
    """As the shop has them now. Must run outside any transaction. Raises NotConnected."""
    with asked_by_people():
        return shop_of(channel).hooks()


@service
def ensure_secret(channel_id: int, *, actor: Actor) -> Channel:
    """The secret the shop signs with is made before the shop is asked: a shop whose confirmation was lost has
    the right one all the same."""
    channel = lock_channel(channel_id)
    signing = adapter_of(channel.kind).signing
    if signing is None:
        raise ChannelNotReady(problem=Text("Its orders do not come as webhooks."))
    if not channel.secret and not secret_is_pasted(channel):
        channel.secret = signing.new_secret()
        channel.save(update_fields=["secret"])
        transaction.on_commit(clear_process_cache)
        log.info("channel_secret_made", channel=channel.code, by=str(actor))
    return channel


@service
def confirm_webhooks(channel_id: int, *, actor: Actor) -> Channel:
    """Somebody has set them up in the shop by hand. Raises ChannelNotReady."""
    channel = lock_channel(channel_id)
    if not channel.is_connecting or can_register(channel):
        raise ChannelNotReady(problem=Text("Have the webhooks registered first."))
    if not channel.secret:
        raise ChannelNotReady(problem=Text("The secret the shop signs with is missing."))
    note_done(channel, SetupStep.WEBHOOKS)
    return channel


@service
def _note(channel_id: int, hooks: Sequence[Hook], *, actor: Actor) -> None:
    channel = lock_channel(channel_id)
    found = {
        "topics": [hook.topic for hook in hooks],
        "listed": [hook.topic for hook in hooks if hook.external_id],
        "at": clock.now().isoformat(),
    }
    if channel.is_connecting:
        note_done(channel, SetupStep.WEBHOOKS, hooks=found)
    else:
        Channel.objects.filter(pk=channel_id).update(setup={**channel.setup, "hooks": found})
    log.info("channel_webhooks", channel=channel.code, topics=len(hooks), by=str(actor))
