"""What the toy shop's messages look like. Pure."""

from __future__ import annotations

from apps.channels.mapping.message_form import Cancelled, MessageForm, Topic, Topics, Wrapping, paths
from apps.channels.mapping.paths import parse_path

MESSAGES = MessageForm(
    kind="toy",
    ids=paths("number"),
    updated=paths("changed_at"),
    cancelled=Cancelled(status=parse_path("state"), words=frozenset({"cancelled"})),
    topics=Topics(
        headers=("toy-topic",),
        about_orders="order-",
        meanings={
            "order-placed": Topic.CREATED,
            "order-changed": Topic.UPDATED,
            "order-cancelled": Topic.CANCELLED,
        },
        # What it says of a refund is its number and no more: the order is fetched.
        naming={"order-refunded": paths("order")},
    ),
    wrapping=Wrapping(many_under=("orders",)),
)
