"""Asking a shop whether it still has the orders that have not left: one thrown away or deleted there must not ship.

A few orders of each channel in turn, every time it is polled. What is gone is said like a webhook that says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from django.db.models import Exists, OuterRef

from apps.channels.errors import OrdersGone
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.shop import PER_LOOK, MissingOrder, Shop
from apps.channels.mapping.message_form import Topic
from apps.channels.models import Channel, InboxMessage
from apps.channels.services.direct_orders import DIRECT_TOPIC
from apps.channels.services.receiving import store_messages
from apps.core import clock
from apps.core.transactions import in_transaction
from apps.orders.models import Order
from apps.orders.states import BEFORE_LEAVING

LOOKS = 4
# So many at once, and half of those asked for, are no deletions: another shop answers, or one that was restored.
TOO_MANY = 5


def check_open_orders(channel: Channel, shop: Shop) -> int:
    """Have what the shop no longer has cancelled; returns how many messages that made. Outside any transaction.

    Raises OrdersGone, ShopBusy, ShopRefused, ShopUnreachable.
    """
    made = 0
    for _ in range(LOOKS):
        orders = _next_orders(channel, shop)
        if orders:
            made += _say(channel, shop, orders)
        channel.looked_for_until = orders[-1].pk if len(orders) == PER_LOOK else 0
        Channel.objects.filter(pk=channel.pk).update(looked_for_until=channel.looked_for_until)
        if not channel.looked_for_until:
            break
    return made


def _next_orders(channel: Channel, shop: Shop) -> list[Order]:
    """Only those that came from the shop itself: of one that was posted to us directly it never knew."""
    from_shop = InboxMessage.objects.filter(channel=channel, external_id=OuterRef("external_id"))
    rows = Order.objects.filter(channel=channel.code, state__in=BEFORE_LEAVING, pk__gt=channel.looked_for_until)
    if shop.remembers is not None:
        rows = rows.filter(placed_at__gt=clock.now() - shop.remembers)
    rows = rows.filter(Exists(from_shop.exclude(topic=DIRECT_TOPIC)), external_id__regex=shop.id_pattern)
    return list(rows.order_by("pk")[:PER_LOOK])


def _say(channel: Channel, shop: Shop, orders: Sequence[Order]) -> int:
    missing = shop.missing_orders([order.external_id for order in orders])
    gone = [one for one in missing if one.found is None]
    if len(gone) >= TOO_MANY and 2 * len(gone) >= len(orders):
        raise OrdersGone(channel=channel.code, gone=len(gone), asked=len(orders))
    known = {order.external_id: order for order in orders}
    messages = [_message(channel, shop, known[one.external_id], one) for one in missing]
    return in_transaction(lambda: _store(channel, messages))


def _store(channel: Channel, messages: Sequence[InboxMessage]) -> int:
    keys = [message.dedupe_key for message in messages]
    seen = set(InboxMessage.objects.filter(channel=channel, dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    fresh = [message for message in messages if message.dedupe_key not in seen]
    store_messages(fresh)
    return len(fresh)


def _message(channel: Channel, shop: Shop, order: Order, one: MissingOrder) -> InboxMessage:
    deleted = shop.deleted_order(one.external_id) if one.found is None else one.found
    topic = adapter_of(channel.kind).messages.topics.word_for(Topic.DELETED)
    body = json.dumps(deleted, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    # Deleted, restored and deleted again is a change, as the order's version is another.
    key = hashlib.sha256(body + str(order.version).encode()).hexdigest()
    return InboxMessage(
        channel=channel,
        topic=topic if one.found is None else "",
        external_id=one.external_id,
        dedupe_key=f"look:{key}",
        headers={"source": "poll"},
        body=body,
        content_type="application/json",
    )
