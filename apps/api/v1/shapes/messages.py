"""Inbox messages from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.api.v1.base import PageOf, Shape
from apps.channels.models import InboxMessage


class MessageSummary(Shape):
    """A raw message of a channel and what became of it. ``problems``: for a quarantined one, what is wrong and where."""

    id: str
    channel: str
    topic: str
    external_id: str
    verdict: str
    reason: str
    problems: list[Any]
    order: str
    deliveries: int
    received_at: datetime
    settled_at: datetime | None


class MessageOut(MessageSummary):
    """``body`` null: the key may not read it. Bytes that are no UTF-8 are replaced."""

    content_type: str
    body: str | None


class MessagePage(PageOf[MessageSummary]):
    """Inbox messages."""


def _message(row: InboxMessage) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "channel": row.channel.code,
        "topic": row.topic,
        "external_id": row.external_id,
        "verdict": row.verdict,
        "reason": row.reason,
        "problems": row.problems,
        "order": row.order_ref,
        "deliveries": row.deliveries,
        "received_at": row.received_at,
        "settled_at": row.settled_at,
    }


def message_summary(row: InboxMessage) -> MessageSummary:
    """Needs the channel at hand."""
    return MessageSummary(**_message(row))


def message(row: InboxMessage, *, with_body: bool) -> MessageOut:
    body = bytes(row.body).decode(errors="replace") if with_body else None
    return MessageOut(**_message(row), content_type=row.content_type, body=body)
