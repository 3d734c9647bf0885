"""Moments. Everything becomes aware UTC; a time without a zone needs the document to declare one."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator

from apps.channels.mapping.scope import CannotConvert, Scope, is_empty
from apps.channels.mapping.transforms.registry import transform

_FIRST_YEAR = 1970
_LAST_YEAR = 2100


def _known_zone(name: str) -> str:
    if name and name not in _zones():
        raise ValueError(f"there is no time zone {name!r}")
    return name


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


Zone = Annotated[str, AfterValidator(_known_zone)]


@transform()
def moment(value: Any, scope: Scope, *, zone: Zone = "", formats: tuple[str, ...] = ()) -> datetime:
    """A moment from ISO 8601, or by formats such as %m/%d/%Y %H:%M; a naive one is in the declared zone."""
    del scope
    return read_moment(value, zone, formats)


@transform(reduces=True)
def earliest(value: Any, scope: Scope, *, zone: Zone = "", formats: tuple[str, ...] = ()) -> datetime | None:
    """The earliest of several moments."""
    del scope
    values = value if isinstance(value, list) else [value]
    return min((read_moment(item, zone, formats) for item in values if not is_empty(item)), default=None)


@transform(reduces=True)
def latest(value: Any, scope: Scope, *, zone: Zone = "", formats: tuple[str, ...] = ()) -> datetime | None:
    """The latest of several moments."""
    del scope
    values = value if isinstance(value, list) else [value]
    return max((read_moment(item, zone, formats) for item in values if not is_empty(item)), default=None)


def read_moment(value: Any, zone: str, formats: tuple[str, ...]) -> datetime:
    """Parse one moment to UTC; ``CannotConvert`` for what is no moment, naive without a zone, or out of 1970-2100."""
    if not isinstance(value, str) or len(value) > 64:
        raise CannotConvert("is not a date and time in text", "Ask the source for ISO 8601 with a zone.")
    parsed = _parse(value.strip(), formats)
    if parsed.tzinfo is None:
        if not zone:
            raise CannotConvert("has no time zone", "Declare the zone in the contract, or ask the source for one.")
        parsed = parsed.replace(tzinfo=_zone(zone))
    if not _FIRST_YEAR <= parsed.year <= _LAST_YEAR:
        raise CannotConvert(f"is not between {_FIRST_YEAR} and {_LAST_YEAR}", "Correct the date at the source.")
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
        raise CannotConvert("is not a date and time", "Correct the date at the source, or add its format.") from None
