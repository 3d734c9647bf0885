"""What WooCommerce's messages look like: topics, ids, batches, the activation ping. Pure."""

from __future__ import annotations

from typing import Any

from apps.channels.mapping.message_form import Cancelled, MessageForm, Topic, Topics, Wrapping, paths
from apps.channels.mapping.paths import parse_path


def is_ping(payload: Any) -> bool:
    """The activation message, ``webhook_id=N`` as a form: as text, or already parsed."""
    if isinstance(payload, (str, bytes)):
        head, _, number = (payload.decode("utf-8", "replace") if isinstance(payload, bytes) else payload).partition("=")
        return head.strip() == "webhook_id" and number.strip().isdecimal()
    return isinstance(payload, dict) and set(payload) == {"webhook_id"}


MESSAGES = MessageForm(
    kind="woocommerce",
    ids=paths("id"),
    updated=paths("date_modified_gmt"),
    zone="UTC",
    cancelled=Cancelled(status=parse_path("status"), words=frozenset({"cancelled", "trash", "refunded"})),
    topics=Topics(
        headers=("x-wc-webhook-topic",),
        about_orders="order.",
        meanings={
            "order.created": Topic.CREATED,
            "order.updated": Topic.UPDATED,
            "order.restored": Topic.UPDATED,
            "order.deleted": Topic.DELETED,
        },
    ),
    wrapping=Wrapping(many_under=("create", "update")),
    is_ping=is_ping,
    account=("x-wc-webhook-source",),
)
