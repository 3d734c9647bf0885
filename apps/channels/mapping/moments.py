"""Reading one moment from what a message writes."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from apps.channels.mapping.scope import CannotConvert
from apps.core.text import Text
from apps.orders.canonical import FIRST_YEAR, LAST_YEAR


def read_moment(value: Any, zone: str, formats: tuple[str, ...]) -> datetime:
    """Parse one moment to UTC; ``CannotConvert`` for what is no moment, naive without a zone, or out of 1970-2100."""
    if not isinstance(value, str) or len(value) > 64:
        raise CannotConvert(Text("is not a date and time in text"), Text("Ask the source for ISO 8601 with a zone."))
    parsed = _parse(value.strip(), formats)
    if parsed.tzinfo is None:
        if not zone:
            raise CannotConvert(
                Text("has no time zone"), Text("Declare the zone in the contract, or ask the source for one.")
            )
        parsed = parsed.replace(tzinfo=_zone(zone))
    if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        raise CannotConvert(
            Text("is not between {first} and {last}", first=FIRST_YEAR, last=LAST_YEAR),
            Text("Correct the date at the source."),
        )
    return parsed.astimezone(UTC)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _parse(written: str, formats: tuple[str, ...]) -> datetime:
    for layout in formats:
        try:
            # Made aware by the caller, with the declared zone.
            return datetime.strptime(written, layout)  # noqa: DTZ007
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        raise CannotConvert(
            Text("is not a date and time"), Text("Correct the date at the source, or add its format.")
        ) from None
