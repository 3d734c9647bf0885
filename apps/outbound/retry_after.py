"""How long another system asks to be left alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SHORTEST, LONGEST, UNSTATED = timedelta(seconds=1), timedelta(hours=1), timedelta(seconds=30)


def quiet_until(
    status: int, headers: Mapping[str, str], now: datetime, *, longest: timedelta = LONGEST
) -> datetime | None:
    """Until when nothing is to be sent; None: it does not ask for quiet.

    429 always asks, until the next call is due where it says how many a second it takes, or when more are allowed; any 5xx does by a ``Retry-After`` that can
    be read. What it asks for counts within ``longest``.
    """
    text = headers.get("retry-after", "")
    if status == 429:
        asked = asked_for(text, now) if text else _next_call(headers)
        return now + _bounded(UNSTATED if asked is None else asked, longest)
    if status < 500 or (asked := asked_for(text, now)) is None:
        return None
    return now + _bounded(asked, longest)


def _next_call(headers: Mapping[str, str]) -> timedelta | None:
    """By the milliseconds until the budget of calls is full again, or the rate, in calls a second, that the answer states."""
    if (reset := headers.get("x-rate-limit-time-reset-ms", "")).isdecimal():
        return timedelta(milliseconds=min(int(reset), 10**9))
    try:
        return timedelta(seconds=1 / float(headers.get("x-amzn-ratelimit-limit", "")))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None


def _bounded(asked: timedelta, longest: timedelta) -> timedelta:
    return min(max(asked, SHORTEST), longest)


def asked_for(text: str, now: datetime) -> timedelta | None:
    """``Retry-After`` in seconds (some write 2.0) or as an HTTP date; None: neither."""
    try:
        return timedelta(seconds=float(text))
    except OverflowError:
        return timedelta.max if not text.strip().startswith("-") else timedelta(0)
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
