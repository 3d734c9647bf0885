"""What must be known of a message before it is mapped: whose it is, how new, whether it takes the order away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from apps.channels.mapping.envelopes import unwrap
from apps.channels.mapping.moments import read_moment
from apps.channels.mapping.paths import Path, parse_path
from apps.channels.mapping.scope import CannotConvert, is_empty
from apps.channels.mapping.transforms.text import identifier_text

LONGEST_ID = 128


class Topic(StrEnum):
    """A topic in one vocabulary for all channels."""

    CREATED = "created"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    DELETED = "deleted"
    PAID = "paid"
    FULFILLED = "fulfilled"
    PING = "ping"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Facts:
    """``external_id`` is empty where the message names none, ``updated_at`` is aware UTC or ``None``."""

    external_id: str
    updated_at: datetime | None
    is_cancellation: bool
    topic: Topic


@dataclass(frozen=True, slots=True)
class _Where:
    ids: tuple[Path, ...]
    updated: tuple[Path, ...]
    zone: str = ""
    status: Path | None = None
    cancelled_words: frozenset[str] = frozenset()
    cancelled_when_present: Path | None = None


def _paths(*texts: str) -> tuple[Path, ...]:
    return tuple(parse_path(text) for text in texts)


_KINDS = {
    "shopify": _Where(
        ids=_paths("id"), updated=_paths("updated_at"), cancelled_when_present=parse_path("cancelled_at")
    ),
    "woocommerce": _Where(
        ids=_paths("id"),
        updated=_paths("date_modified_gmt"),
        zone="UTC",
        status=parse_path("status"),
        cancelled_words=frozenset({"cancelled", "trash", "refunded"}),
    ),
    "olist": _Where(
        ids=_paths("order.order_id"),
        updated=(),
        status=parse_path("order.order_status"),
        cancelled_words=frozenset({"canceled"}),
    ),
    "amazon": _Where(
        ids=_paths("order.AmazonOrderId", "AmazonOrderId"),
        updated=_paths("order.LastUpdateDate"),
        status=parse_path("order.OrderStatus"),
        cancelled_words=frozenset({"canceled"}),
    ),
    "csv": _Where(
        ids=_paths("key"),
        updated=_paths("rows[0].updated_at"),
        zone="UTC",
        status=parse_path("rows[0].status"),
        cancelled_words=frozenset({"cancelled", "canceled"}),
    ),
    "api": _Where(
        ids=_paths("external_id"),
        updated=_paths("updated_at"),
        status=parse_path("status"),
        cancelled_words=frozenset({"cancelled"}),
    ),
}
_ELSEWHERE = _Where(ids=_paths("id", "order_id"), updated=_paths("updated_at"))

_TOPICS = {
    "shopify": {
        "orders/create": Topic.CREATED,
        "orders/updated": Topic.UPDATED,
        "orders/partially_fulfilled": Topic.UPDATED,
        "orders/cancelled": Topic.CANCELLED,
        "orders/delete": Topic.DELETED,
        "orders/paid": Topic.PAID,
        "orders/fulfilled": Topic.FULFILLED,
    },
    "woocommerce": {
        "order.created": Topic.CREATED,
        "order.updated": Topic.UPDATED,
        "order.restored": Topic.UPDATED,
        "order.deleted": Topic.DELETED,
    },
    "amazon": {"order_change": Topic.UPDATED},
}


def normalize_topic(kind: str, topic: str) -> Topic:
    """The topic in our vocabulary; OTHER for what we do not know. Our own words are themselves."""
    word = topic.strip().casefold()
    known = _TOPICS.get(kind, {}).get(word)
    if known is not None:
        return known
    return Topic(word) if word in set(Topic) else Topic.OTHER


def facts(kind: str, topic: str, payload: Any) -> Facts:
    """Quick facts of a message. Never raises: what cannot be read is empty."""
    where = _KINDS.get(kind, _ELSEWHERE)
    if is_ping(kind, payload):
        return Facts("", None, False, Topic.PING)
    order = unwrap(kind, payload)
    normalized = normalize_topic(kind, topic)
    gone = normalized in (Topic.CANCELLED, Topic.DELETED) or _says_cancelled(where, order) or _is_credit(kind, order)
    return Facts(
        external_id=_first_id(where, order),
        updated_at=_first_moment(where, order),
        is_cancellation=gone,
        topic=normalized,
    )


def is_ping(kind: str, payload: Any) -> bool:
    """WooCommerce's activation message, ``webhook_id=N`` as a form: as text, or already parsed."""
    if kind != "woocommerce":
        return False
    if isinstance(payload, (str, bytes)):
        head, _, number = (payload.decode("utf-8", "replace") if isinstance(payload, bytes) else payload).partition("=")
        return head.strip() == "webhook_id" and number.strip().isdecimal()
    return isinstance(payload, dict) and set(payload) == {"webhook_id"}


def external_id_of(kind: str, payload: Any) -> str:
    """The source's id of the order, empty where there is none."""
    return _first_id(_KINDS.get(kind, _ELSEWHERE), unwrap(kind, payload))


def _first_id(where: _Where, order: Any) -> str:
    for path in where.ids:
        value = path.read(order)
        if is_empty(value):
            continue
        try:
            found = identifier_text(value)
        except CannotConvert:
            continue
        # An id that no column can hold is no id; mapping the message will say so to a person.
        if len(found) <= LONGEST_ID and found.isprintable():
            return found
    return ""


def _first_moment(where: _Where, order: Any) -> datetime | None:
    for path in where.updated:
        value = path.read(order)
        if is_empty(value):
            continue
        try:
            return read_moment(value, where.zone, ())
        except CannotConvert:
            continue
    return None


def _says_cancelled(where: _Where, order: Any) -> bool:
    if where.cancelled_when_present is not None and not is_empty(where.cancelled_when_present.read(order)):
        return True
    word = where.status.read(order) if where.status is not None else None
    return isinstance(word, str) and word.strip().casefold() in where.cancelled_words


def _is_credit(kind: str, order: Any) -> bool:
    """An invoice file counts cancellations backwards, under a number with a C in front."""
    if kind != "csv" or not isinstance(order, dict):
        return False
    rows = order.get("rows")
    first = rows[0] if isinstance(rows, list) and rows else None
    return isinstance(first, dict) and "InvoiceNo" in first and str(order.get("key", ""))[:1] in ("C", "c")
