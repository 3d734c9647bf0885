"""A test order placed at the shop by a button: it comes in like any other, and is cancelled before anything else happens to it.

It is known by a mark in its note, written down before the shop is asked: one whose placing was not answered is known as well.
"""

from __future__ import annotations

from typing import Any

import structlog

from apps.channels.errors import ChannelNotReady
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.models import Channel, InboxMessage
from apps.channels.selectors import lock_channel
from apps.channels.services.asked_by_people import asked_by_people
from apps.channels.services.connecting import shop_of
from apps.core import clock
from apps.core.actor import Actor
from apps.core.ids import new_id
from apps.core.text import Text
from apps.core.transactions import service
from apps.orders.models import Order
from apps.orders.services import cancel_order

log = structlog.get_logger(__name__)
# How many are remembered: the shop may bring an old one again.
KEPT = 20
_TESTING = Actor("system", "test_order")


def can_place(channel: Channel) -> bool:
    return adapter_of(channel.kind).can(Capability.TEST_ORDER)


def place_test_order(channel_id: int, *, actor: Actor) -> Channel:
    """Have the shop take a test order. Must run outside any transaction. Raises ChannelNotReady, NotConnected."""
    mark = f"orderyard-test-{new_id('tst')}"
    channel = _remember(channel_id, mark, actor=actor)
    with asked_by_people():
        external_id = shop_of(channel).place_test_order(mark)
    return _note_placed(channel_id, mark, external_id, actor=actor)


def last_test(channel: Channel) -> dict[str, Any]:
    """The one placed last: ``mark``, ``at`` and, once the shop has answered, ``external_id``; empty: there was none."""
    return dict(next(iter(channel.setup.get("test_orders", [])), {}))


def is_test(channel: Channel, message: InboxMessage) -> bool:
    """Whether the message brings an order that was placed for a test."""
    marks = [one["mark"].encode() for one in channel.setup.get("test_orders", [])]
    return bool(marks) and any(mark in bytes(message.body) for mark in marks)


def call_off_test(order: Order) -> None:
    """Before it is checked or routed: no node receives it. The cancellation is reported to the shop as any other."""
    cancel_order(order.pk, reason=Text("a test order: nothing of it is shipped"), actor=_TESTING)


@service
def _remember(channel_id: int, mark: str, *, actor: Actor) -> Channel:
    channel = lock_channel(channel_id)
    if not can_place(channel):
        raise ChannelNotReady(problem=Text("A test order of this kind of shop is placed in the shop itself."))
    if not channel.speaks or channel.paused_at is not None:
        raise ChannelNotReady(problem=Text("A test order can be placed once the channel is live and not paused."))
    placed = {"mark": mark, "at": clock.now().isoformat(), "by": str(actor), "external_id": ""}
    channel.setup = {**channel.setup, "test_orders": [placed, *channel.setup.get("test_orders", [])][:KEPT]}
    Channel.objects.filter(pk=channel_id).update(setup=channel.setup)
    return channel


@service
def _note_placed(channel_id: int, mark: str, external_id: str, *, actor: Actor) -> Channel:
    channel = lock_channel(channel_id)
    for one in channel.setup.get("test_orders", []):
        if one["mark"] == mark:
            one["external_id"] = external_id
    Channel.objects.filter(pk=channel_id).update(setup=channel.setup)
    log.info("test_order_placed", channel=channel.code, by=str(actor))
    return channel
