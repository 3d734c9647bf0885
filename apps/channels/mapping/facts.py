"""What must be known of a message before it is mapped: whose it is, how new, whether it takes the order away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.channels.mapping.envelopes import unwrap
from apps.channels.mapping.message_form import Cancelled, MessageForm, Topic
from apps.channels.mapping.moments import read_moment
from apps.channels.mapping.paths import Path
from apps.channels.mapping.scope import CannotConvert, is_empty
from apps.channels.mapping.transforms.text import identifier_text

LONGEST_ID = 128


@dataclass(frozen=True, slots=True)
class Facts:
    """``external_id`` is empty where the message names none, ``updated_at`` is aware UTC or ``None``."""

    external_id: str
    updated_at: datetime | None
    is_cancellation: bool
    topic: Topic


def facts(form: MessageForm, topic: str, payload: Any) -> Facts:
    """Quick facts of a message. Never raises: what cannot be read is empty."""
    if form.is_ping(payload):
        return Facts("", None, False, Topic.PING)
    named = form.topics.naming.get(topic.strip().casefold())
    if named is not None:
        return Facts(first_id(named, payload), None, False, Topic.OTHER)
    order = unwrap(form, payload)
    meaning = form.topics.meaning_of(topic)
    return Facts(
        external_id=first_id(form.ids, order),
        updated_at=_first_moment(form, order),
        is_cancellation=meaning in (Topic.CANCELLED, Topic.DELETED) or _says_cancelled(form.cancelled, order),
        topic=meaning,
    )


def external_id_of(form: MessageForm, payload: Any) -> str:
    """The source's id of the order, empty where there is none."""
    return first_id(form.ids, unwrap(form, payload))


def first_id(places: Iterable[Path], payload: Any) -> str:
    """What stands at the first of these places that says something an id can be; empty where none does."""
    for path in places:
        value = path.read(payload)
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


def _first_moment(form: MessageForm, order: Any) -> datetime | None:
    for path in form.updated:
        value = path.read(order)
        if is_empty(value):
            continue
        try:
            return read_moment(value, form.zone, ())
        except CannotConvert:
            continue
    return None


def _says_cancelled(cancelled: Cancelled, order: Any) -> bool:
    if cancelled.when_present is not None and not is_empty(cancelled.when_present.read(order)):
        return True
    word = cancelled.status.read(order) if cancelled.status is not None else None
    return (isinstance(word, str) and word.strip().casefold() in cancelled.words) or cancelled.when(order)
