"""Business time: adding working minutes to a moment, and counting those between two. Pure, no Django.

Opening hours are wall-clock times of a place; everything else is UTC. A day with a change of clocks has 23 or 25 hours,
and a window that spans the change is as long as it really lasts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apps.network.holidays import no_holidays

MINUTES_OF_DAY = 24 * 60
# Ten years without one open minute: the calendar is as good as always closed.
FURTHEST_DAYS = 3_660
# (opens, closes) in minutes since midnight, local; 1440 is the midnight that ends the day.
Window = tuple[int, int]
_WINDOW = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_DAY = timedelta(days=1)


class NeverOpen(ValueError):
    """The calendar has no open minute within ten years."""


class BadHours(ValueError):
    """The text does not say opening hours; the message says why."""


@cache
def is_time_zone(name: str) -> bool:
    """Whether the machine knows the zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def parse_windows(text: str) -> tuple[Window, ...]:
    """``09:00-12:30 13:00-17:00`` as windows; empty: closed; ``24h``: all day. Raises BadHours."""
    cleaned = text.strip().lower()
    if not cleaned or cleaned == "closed":
        return ()
    if cleaned in ("24h", "open"):
        return ((0, MINUTES_OF_DAY),)
    if _WINDOW.sub("", cleaned).replace(",", "").strip():
        raise BadHours(f"“{text}” is not like 09:00-12:30 13:00-17:00.")
    windows: list[Window] = []
    for found in _WINDOW.finditer(cleaned):
        opens, closes = (int(found[1]) * 60 + int(found[2])), (int(found[3]) * 60 + int(found[4]))
        if int(found[2]) > 59 or int(found[4]) > 59 or closes > MINUTES_OF_DAY:
            raise BadHours(f"“{found[0]}” names a time that is none.")
        if closes <= opens:
            raise BadHours(f"“{found[0]}” closes before it opens; split hours over midnight into two days.")
        if windows and opens < windows[-1][1]:
            raise BadHours(f"“{found[0]}” overlaps the hours before it.")
        windows.append((opens, closes))
    return tuple(windows)


# (since, until); until None: it goes on.
Stretch = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class ClockReading:
    """``due``: when the time is over, while it stands: if it went on at once. ``stands_since`` None: it runs; ``left``,
    ``stood``: open seconds left when it stopped, and those it has stood still before."""

    due: datetime
    stands_since: datetime | None
    left: float
    stood: float


def joined_up(stretches: Sequence[Stretch]) -> list[Stretch]:
    """The same time in order, without overlap."""
    found: list[Stretch] = []
    for since, until in sorted(stretches, key=lambda one: one[0]):
        if found and (found[-1][1] is None or found[-1][1] >= since):
            before = found[-1][1]
            found[-1] = (found[-1][0], None if before is None or until is None else max(before, until))
        elif until is None or until > since:
            found.append((since, until))
    return found


@dataclass(frozen=True)
class BusinessHours:
    """When a place works. ``week``: windows of Monday to Sunday; ``closed``: whether a day is a holiday.

    ``add`` counts open seconds forward; ``between`` counts them between two moments, negative when b is before a.
    Moments are aware; answers are UTC. Raises NeverOpen where nothing is ever open.
    """

    tz: str = "UTC"
    week: tuple[tuple[Window, ...], ...] = (((0, MINUTES_OF_DAY),),) * 7
    closed: Callable[[date], bool] = no_holidays

    @cached_property
    def always(self) -> bool:
        return self.closed is no_holidays and all(day == ((0, MINUTES_OF_DAY),) for day in self.week)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.tz)

    def is_working_day(self, day: date) -> bool:
        return bool(self.week[day.weekday()]) and not self.closed(day)

    def ever_opens(self, after: datetime) -> bool:
        """Whether there is an open minute within ten years."""
        return self.always or next(self._from(after.astimezone(UTC)), None) is not None

    def is_open(self, moment: datetime) -> bool:
        return any(opens <= moment < closes for opens, closes in self._windows(self.local(moment).date()))

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)

    def add(self, start: datetime, minutes: float) -> datetime:
        """The moment at which ``minutes`` open minutes have passed since ``start``; 0 of them: the next open moment."""
        return self.add_seconds(start, minutes * 60)

    def add_seconds(self, start: datetime, seconds: float) -> datetime:
        start, left = start.astimezone(UTC), max(seconds, 0.0)
        if self.always:
            return start + timedelta(seconds=left)
        for opens, closes in self._from(start):
            begin = max(opens, start)
            span = (closes - begin).total_seconds()
            if left <= span:
                return begin + timedelta(seconds=left)
            left -= span
        raise NeverOpen(f"No working time is left to add in {self.tz}.")

    def between(self, a: datetime, b: datetime) -> float:
        """Open seconds from ``a`` to ``b``."""
        if b < a:
            return -self.between(b, a)
        a, b = a.astimezone(UTC), b.astimezone(UTC)
        if self.always:
            return (b - a).total_seconds()
        open_s = 0.0
        for opens, closes in self._from(a):
            if opens >= b:
                break
            open_s += (min(closes, b) - max(opens, a)).total_seconds()
        return open_s

    def add_around(self, start: datetime, seconds: float, stills: Sequence[Stretch]) -> ClockReading:
        """The moment at which ``seconds`` open seconds have passed since ``start``, those within ``stills`` not counted.

        Where one of these goes on and the time is not over before it: since when it stands, and how much is left.
        """
        at, left, stood = start.astimezone(UTC), max(seconds, 0.0), 0.0
        for since, until in joined_up(stills):
            if until is not None and until <= at:
                continue
            due = self.add_seconds(at, left)
            if due <= since:
                return ClockReading(due, None, 0.0, stood)
            left -= self.between(at, max(since, at))
            if until is None:
                return ClockReading(self.add_seconds(max(since, at), left), max(since, at), left, stood)
            stood += self.between(max(since, at), until)
            at = until
        return ClockReading(self.add_seconds(at, left), None, 0.0, stood)

    def next_cutoff(self, start: datetime, cutoff: time) -> datetime:
        """The first ``cutoff`` (local) on a working day that is not before ``start``."""
        day = self.local(start).date()
        for _ in range(FURTHEST_DAYS):
            if self.is_working_day(day):
                at = self._utc(day, cutoff.hour * 60 + cutoff.minute, fold=1)
                if at >= start:
                    return at
            day += _DAY
        raise NeverOpen(f"There is no working day in {self.tz}.")

    def _from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Windows that end after ``moment``, in order, without overlap."""
        # The day before too: where clocks went back, its last window may end after today's midnight as read here.
        day = self.local(moment).date() - _DAY
        for _ in range(FURTHEST_DAYS):
            for opens, closes in self._windows(day):
                if closes > moment:
                    yield opens, closes
            day += _DAY

    def _windows(self, day: date) -> Sequence[tuple[datetime, datetime]]:
        """The open stretches of a local day in UTC."""
        if not self.is_working_day(day):
            return ()
        return _stretches(self.tz, self.week[day.weekday()], day)

    def _utc(self, day: date, minute: int, *, fold: int) -> datetime:
        return _utc(self.tz, day, minute, fold)


@lru_cache(maxsize=4096)
def _stretches(tz: str, windows: tuple[Window, ...], day: date) -> tuple[tuple[datetime, datetime], ...]:
    """An hour that happens twice belongs to a window both times; one that is skipped belongs to none."""
    found: list[tuple[datetime, datetime]] = []
    for opens, closes in windows:
        begin, end = _utc(tz, day, opens, 0), _utc(tz, day, closes, 0 if closes == MINUTES_OF_DAY else 1)
        begin = max(begin, found[-1][1]) if found else begin
        if end > begin:
            found.append((begin, end))
    return tuple(found)


def _utc(tz: str, day: date, minute: int, fold: int) -> datetime:
    at = day + _DAY if minute == MINUTES_OF_DAY else day
    wall = datetime.combine(at, time((minute // 60) % 24, minute % 60, fold=fold), tzinfo=ZoneInfo(tz))
    return wall.astimezone(UTC)
