"""The way of one order: which states it stood in, since when, and for how long. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.core.event_types import Subject, states_entered

STATIONS = ("received", "validated", "routed", "released", "shipped", "delivered")
ENDS = frozenset({"delivered", "cancelled"})
WIDTH = 1000
NARROWEST = 4


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay in one state; ``end`` None: it is there now."""

    state: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class ProgressStop:
    """One stop of the way. ``status``: done, current, ahead, skipped or stopped. ``visits`` above 1: it came back."""

    state: str
    status: str
    first: datetime | None
    spent: timedelta | None
    visits: int


@dataclass(frozen=True, slots=True)
class Held:
    """One hold as it stood."""

    reason: str
    note: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the drawn bar, in units of ``WIDTH``."""

    label: str
    x: float
    width: float
    spent: timedelta
    open: bool


def stays(entered: Sequence[tuple[str, datetime]]) -> list[Stay]:
    """The stays that these (event name, moment) pairs, oldest first, describe; other events are passed over."""
    found: list[Stay] = []
    state_after = states_entered(Subject.ORDER)
    for name, moment in entered:
        state = state_after.get(name)
        if state is None or (found and found[-1].state == state):
            continue
        if found:
            found[-1] = Stay(found[-1].state, found[-1].start, moment)
        found.append(Stay(state, moment, None))
    if found and found[-1].state in ENDS:
        found[-1] = Stay(found[-1].state, found[-1].start, found[-1].start)
    return found


def stations(way: Sequence[Stay], state: str, now: datetime) -> list[ProgressStop]:
    """Every stop in order, with the present one marked; a cancelled order stopped where it last stood."""
    stopped_at = ""
    if state == "cancelled":
        stopped_at = next((stay.state for stay in reversed(way) if stay.state != "cancelled"), "received")
    here = STATIONS.index(stopped_at or state)
    return [_station(name, place, here, stopped_at, way, now) for place, name in enumerate(STATIONS)]


def _station(name: str, place: int, here: int, stopped_at: str, way: Sequence[Stay], now: datetime) -> ProgressStop:
    mine = [stay for stay in way if stay.state == name]
    spent = sum(((stay.end or now) - stay.start for stay in mine), timedelta()) if mine else None
    if place > here:
        status = "ahead"
    elif place == here:
        status = "stopped" if stopped_at else "done" if name == "delivered" else "current"
    else:
        status = "done" if mine else "skipped"
    return ProgressStop(name, status, mine[0].start if mine else None, spent, len(mine))


def summed(way: Sequence[Stay], now: datetime) -> list[tuple[str, timedelta]]:
    """The time spent in each state altogether, in the order they were first entered."""
    sums: dict[str, timedelta] = {}
    for stay in way:
        sums[stay.state] = sums.get(stay.state, timedelta()) + ((stay.end or now) - stay.start)
    return list(sums.items())


def drawn(stretches: Sequence[tuple[str, datetime, datetime | None]], start: datetime, end: datetime) -> list[Segment]:
    """Stretches of time on one line from ``start`` to ``end``; none is drawn so thin that it can't be seen."""
    whole = max((end - start).total_seconds(), 1.0)
    segments = []
    for label, begun, ended in stretches:
        until = ended or end
        x = WIDTH * max((begun - start).total_seconds(), 0.0) / whole
        width = max(WIDTH * (until - begun).total_seconds() / whole, NARROWEST)
        x = min(x, WIDTH - NARROWEST)
        segments.append(Segment(label, round(x, 1), round(min(width, WIDTH - x), 1), until - begun, ended is None))
    return segments
