"""What another mapping would have made of the messages that have come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.channels.mapping.documents import load_document
from apps.channels.mapping.results import Mapped, Quarantined
from apps.channels.models import InboxMessage
from apps.channels.services.contracts import active_documents, checked_document
from apps.channels.services.reading import Reader, Reading
from apps.core.text import Text

MOST_VALUES = 12
# What may name a person is for the message's own page.
PERSONAL = ("shipping_address", "billing_address", "contact", "customer", "note", "pickup")
HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class ReadingDifference:
    """A message that would be read otherwise. ``fields``: of the order, by name; ``values``: what differs, as path, before and
    after, without what stands in addresses and contacts; ``note``: in words, where one of the readings is no order."""

    message: InboxMessage
    was: str
    would_be: str
    fields: tuple[str, ...]
    values: tuple[tuple[str, str, str], ...] = ()
    note: str = ""


def try_contract(raw: Mapping[str, Any], *, last: int) -> tuple[int, list[ReadingDifference]]:
    """How many of the ``last`` messages of its kind of channel were tried, and those that would be read otherwise.

    Changes nothing. Raises ContractInvalid.
    """
    fresh = load_document(checked_document(raw))
    now = active_documents()
    then = [one for one in now if one.contract != fresh.contract] + [fresh]
    rows = InboxMessage.objects.filter(channel__kind=fresh.channel_kind).select_related("channel").order_by("-pk")
    found, tried = [], list(rows[:last])
    for message in tried:
        was = Reader(message.channel, now).read(message)
        would_be = Reader(message.channel, then).read(message)
        if (other := _compared(message, was, would_be)) is not None:
            found.append(other)
    return len(tried), found


def _compared(message: InboxMessage, was: Reading, would_be: Reading) -> ReadingDifference | None:
    fields: tuple[str, ...] = ()
    values: tuple[tuple[str, str, str], ...] = ()
    if isinstance(was, Mapped) and isinstance(would_be, Mapped):
        fields = _different(was, would_be)
        if not fields:
            return None
        values = _values(was, would_be)
    elif _said(was) == _said(would_be):
        return None
    return ReadingDifference(message, _said(was), _said(would_be), fields, values, _note(was, would_be))


def _note(was: Reading, would_be: Reading) -> str:
    if isinstance(was, Mapped) and isinstance(would_be, Mapped):
        return ""
    if isinstance(would_be, Mapped):
        return Text("readable now")
    return Text("no longer readable") if isinstance(was, Mapped) else Text("another reason")


def _different(was: Mapped, would_be: Mapped) -> tuple[str, ...]:
    before, after = was.order.model_dump(), would_be.order.model_dump()
    names = [name.replace("_", " ") for name in before if before[name] != after[name]]
    return (*names, *(["holds"] if was.holds != would_be.holds else []))


def _values(was: Mapped, would_be: Mapped) -> tuple[tuple[str, str, str], ...]:
    before, after = _flat(was.order.model_dump(mode="json")), _flat(would_be.order.model_dump(mode="json"))
    paths = [path for path in {**before, **after} if before.get(path) != after.get(path)]
    return tuple((path, _shown(path, before.get(path)), _shown(path, after.get(path))) for path in paths[:MOST_VALUES])


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Every single value by its path: ``lines[0].quantity``."""
    if isinstance(value, dict):
        inner = {f"{path}.{key}" if path else key: one for key, one in value.items()}
    elif isinstance(value, list):
        inner = {f"{path}[{number}]": one for number, one in enumerate(value)}
    else:
        return {path: value}
    return {name: one for key, held in inner.items() for name, one in _flat(held, key).items()}


def _shown(path: str, value: Any) -> str:
    if value is None:
        return ""
    return HIDDEN if path.startswith(PERSONAL) else str(value)[:80]


def _said(reading: Reading) -> str:
    """What becomes of it, in words without anything of the message."""
    if isinstance(reading, Mapped):
        return Text("read as an order")
    if isinstance(reading, Quarantined):
        return Text("quarantined: {where}", where=reading.findings[0].path or Text("the message"))
    return type(reading).__name__.lower()
