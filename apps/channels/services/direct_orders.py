"""Orders that arrive canonical already: the API."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from apps.accounts.caller import Caller
from apps.channels.errors import ChannelNotFound
from apps.channels.models import Channel, InboxMessage, Verdict
from apps.channels.selectors import channel_by_code, open_channel
from apps.core import clock
from apps.core.bulk.bulk_insert import insert_groups
from apps.core.bulk.fast_rows import make_row
from apps.core.errors import InvalidInput
from apps.orders.canonical import CanonicalOrder, OrderStatus
from apps.orders.services import Accepted, accept_order

# How far ahead an order may have been placed: clocks differ, and time zones are forgotten.
FUTURE = timedelta(days=1)
# The topic of what no shop sent.
DIRECT_TOPIC = "order.create"


def take_direct_order(canonical: CanonicalOrder, *, channel: str, raw: bytes, caller: Caller) -> Accepted:
    """Take one canonical order in, and keep the message as it came. Raises ChannelNotFound.

    A key that may not see the channel gets that it does not exist. Raises InvalidInput where the order can't be meant.
    """
    if not caller.may_channel(channel):
        raise ChannelNotFound(channel=channel)
    source = open_channel(channel)
    problems = unacceptable(canonical, clock.now())
    if problems:
        raise InvalidInput(errors=problems)
    accepted = accept_order(canonical, channel=source.code, actor=caller.actor)
    if accepted.created:
        insert_groups([accepted_message(canonical, raw, source, accepted.order.public_id)])
    return accepted


def unacceptable(canonical: CanonicalOrder, now: datetime) -> list[dict[str, str]]:
    """What a caller who waits gets at once: placed in days to come, or off already."""
    problems = []
    if canonical.placed_at > now + FUTURE:
        problems.append({"pointer": "/placed_at", "detail": "is more than a day ahead", "code": "in_future"})
    if canonical.status == OrderStatus.CANCELLED:
        detail = "can't be cancelled in a new order; cancel the order that was sent before"
        problems.append({"pointer": "/status", "detail": detail, "code": "cancelled"})
    return problems


def is_channel(code: str, caller: Caller) -> bool:
    """Whether the caller may send orders by it. One they may not see is none to them."""
    if not caller.may_channel(code):
        return False
    try:
        channel_by_code(code)
    except ChannelNotFound:
        return False
    return True


def accepted_message(canonical: CanonicalOrder, raw: bytes, channel: Channel, order_ref: str) -> InboxMessage:
    """The unsaved inbox row of an order that arrived canonical and was taken in."""
    return make_row(
        InboxMessage,
        channel_id=channel.pk,
        topic=DIRECT_TOPIC,
        external_id=canonical.external_id,
        dedupe_key=hashlib.sha256(b"direct:" + canonical.external_id.encode()).hexdigest(),
        body=raw,
        content_type="application/json",
        verdict=Verdict.ACCEPTED,
        order_ref=order_ref,
        settled_at=clock.now(),
    )
