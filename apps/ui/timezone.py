"""In whose hours times are shown: the person's own, else UTC, and the browser adds its own."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_zone: ContextVar[tzinfo] = ContextVar("own_time_zone", default=UTC)


def show_times_in(name: str) -> None:
    """For the request that is under way; empty, or no zone any more: UTC."""
    try:
        _zone.set(ZoneInfo(name) if name else UTC)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        _zone.set(UTC)


def own_zone() -> tzinfo:
    return _zone.get()


def in_own_time(moment: datetime) -> datetime:
    return moment.astimezone(own_zone())
