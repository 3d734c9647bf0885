"""Connecting a shop from the page: begun, step by step, live at the end or given up. Until then it takes and sends nothing."""

from __future__ import annotations

from typing import Any

import structlog
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.text import slugify

from apps.channels import events
from apps.channels.errors import ChannelNotReady
from apps.channels.framework.registry import adapter_of
from apps.channels.models import CONNECTING, GIVEN_UP, LIVE, Channel, ChannelToken, InboxMessage, Verdict
from apps.channels.selectors import lock_channel
from apps.channels.services.pausing import take_up
from apps.channels.setup_steps import SetupStep, missing_steps, needed_steps, steps_of
from apps.channels.verdict_reasons import NOT_CONNECTED
from apps.core import clock
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.process_cache import clear_process_cache
from apps.core.text import Text
from apps.core.transactions import service
from apps.orders.models import Order

log = structlog.get_logger(__name__)
# Pages beside those of the channels.
RESERVED = frozenset({"connect", "calendar", "access"})
_SECRETS = ("secret", "previous_secret", "api_key", "api_secret", "signing_key")


@service
def begin_channel(*, kind: str, name: str, code: str = "", actor: Actor) -> Channel:
    """A channel of this kind that is being connected. ``code`` empty: made of the name. Raises ChannelNotReady for a name or
    a code that can't be used, UnknownChannelKind."""
    adapter_of(kind)
    name = name.strip()
    if not name:
        raise ChannelNotReady(problem=Text("Say what your people call the shop."))
    if code and code != slugify(code):
        raise ChannelNotReady(problem=Text("The short name is made of small letters, digits and hyphens."))
    if code in RESERVED:
        raise ChannelNotReady(problem=Text("{code} stands in addresses already; choose another short name.", code=code))
    if code and Channel.objects.filter(code=code).exists():
        raise ChannelNotReady(problem=Text("There is a channel with the short name {code} already.", code=code))
    setup = {"state": CONNECTING, "by": str(actor), "begun_at": clock.now().isoformat(), "done": {}}
    free = code or _free_code(slugify(name)[:56] or kind)
    made = Channel(code=free, name=name[:128], kind=kind, active=False, paused_at=clock.now(), setup=setup)
    made.save()
    log.info("channel_begun", channel=made.code, by=str(actor))
    return made


def _free_code(wanted: str) -> str:
    taken = RESERVED | set(Channel.objects.filter(code__startswith=wanted).values_list("code", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(code for code in numbered if code not in taken)


@service
def finish_step(channel_id: int, *, step: SetupStep, actor: Actor) -> Channel:
    """The step is done, or left for later where it can be. Raises ChannelNotReady."""
    channel = lock_channel(channel_id)
    _refuse_unless_connecting(channel)
    adapter = adapter_of(channel.kind)
    if step in needed_steps(adapter) or step not in steps_of(adapter):
        raise ChannelNotReady(problem=Text("This step can’t be left for later."))
    note_done(channel, step)
    return channel


def note_done(channel: Channel, step: SetupStep, **found: Any) -> None:
    """Write down that a step is done, and what it found. The caller has locked the channel."""
    done = {**channel.setup.get("done", {}), step.value: clock.now().isoformat()}
    channel.setup = {**channel.setup, **found, "done": done}
    Channel.objects.filter(pk=channel.pk).update(setup=channel.setup)


@service
def go_live(channel_id: int, *, hold_new: bool, actor: Actor) -> Channel:
    """The channel takes orders from now on, and what came meanwhile is read. ``hold_new``: each new order is held until somebody
    releases it. Twice is once. Raises ChannelNotReady while a step is left that can't be."""
    channel = lock_channel(channel_id)
    if channel.setup.get("state") == LIVE:
        return channel
    _refuse_unless_connecting(channel)
    if missing_steps(channel, adapter_of(channel.kind)):
        raise ChannelNotReady(problem=Text("Finish the steps before this one first."))
    note_done(channel, SetupStep.ORDERS, state=LIVE, live_at=clock.now().isoformat(), hold_new=hold_new)
    channel.active, channel.paused_at = True, None
    channel.save(update_fields=["active", "paused_at"])
    record(events.channel_fact(channel, events.ChannelResumed(connected=True)), actor=actor)
    take_up(channel, actor=actor)
    transaction.on_commit(clear_process_cache)
    log.info("channel_live", channel=channel.code, by=str(actor))
    return channel


@service
def set_holding(channel_id: int, *, hold_new: bool, actor: Actor) -> Channel:
    """Whether each new order of the channel is held from now on; those held already stay so until somebody releases them."""
    channel = lock_channel(channel_id)
    channel.setup = {**channel.setup, "state": channel.setup.get("state", LIVE), "hold_new": hold_new}
    channel.save(update_fields=["setup"])
    transaction.on_commit(clear_process_cache)
    log.info("channel_holding", channel=channel.code, hold_new=hold_new, by=str(actor))
    return channel


@service
def give_up(channel_id: int, *, actor: Actor) -> bool:
    """Stop connecting it: removed where nothing hangs on it, else kept without its credentials and switched off. Returns whether
    it was removed. Raises ChannelNotReady for one that is live."""
    channel = lock_channel(channel_id)
    _refuse_unless_connecting(channel)
    log.info("channel_given_up", channel=channel.code, by=str(actor))
    transaction.on_commit(clear_process_cache)
    if _removed(channel):
        return True
    ChannelToken.objects.filter(channel=channel).delete()
    waiting = InboxMessage.objects.filter(channel=channel, verdict=Verdict.WAITING)
    waiting.update(verdict=Verdict.IGNORED, reason=NOT_CONNECTED, settled_at=clock.now())
    channel.setup = {"state": GIVEN_UP, "by": str(actor), "done": {}}
    channel.active, channel.paused_at, channel.previous_until = False, None, None
    for name in _SECRETS:
        setattr(channel, name, "")
    channel.save()
    return False


def _removed(channel: Channel) -> bool:
    if Order.objects.filter(channel=channel.code).exists():
        return False
    try:
        with transaction.atomic():
            Channel.objects.get(pk=channel.pk).delete()
    except ProtectedError:
        return False
    return True


def _refuse_unless_connecting(channel: Channel) -> None:
    if not channel.is_connecting:
        raise ChannelNotReady(problem=Text("{name} is not being connected any more.", name=channel.name))
