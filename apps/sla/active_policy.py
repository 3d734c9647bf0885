"""The policy that holds, with the calendars and nodes it speaks of, read together and remembered for a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time
from functools import lru_cache

from apps.core import clock
from apps.core.process_cache import get_or_load
from apps.network.holidays import closed_days, no_holidays
from apps.network.models import Calendar, Node, NodeKind
from apps.sla.arithmetic import BusinessHours, is_time_zone
from apps.sla.models import SlaCalendar, SlaPolicyVersion
from apps.sla.rules import ALWAYS, Policy, Rulebook, Subject, read_policy
from apps.sla.selectors import active_version

OUTSIDE = frozenset({NodeKind.THIRD_PARTY, NodeKind.DROPSHIP})
ALL_DAY = ((0, 1440),)


@dataclass(frozen=True, slots=True)
class Place:
    """What clocks ask of a node. ``outside``: a partner works there, so picking and packing are not ours to see."""

    pk: int
    code: str
    name: str
    time_zone: str
    cutoff: time | None
    outside: bool
    hours: BusinessHours
    # What of the hours the week does not say: holidays and closing days.
    name_of_hours: str = ""


@dataclass
class Calendars:
    """Working hours by what a rule calls them, each made once."""

    by_code: dict[str, SlaCalendar]
    of_node: dict[str, SlaCalendar]
    of_queue: dict[str, SlaCalendar]
    places: dict[int, Place] = field(default_factory=dict)
    by_node_code: dict[str, Place] = field(default_factory=dict)
    # Codes of those without one open minute in years: their clocks count every hour, and a watch says so.
    never_open: set[str] = field(default_factory=set)
    _made: dict[tuple[int, str], BusinessHours] = field(default_factory=dict)

    def hours(self, calendar: str, subject: Subject) -> BusinessHours:
        """Every hour counts where the calendar is empty, or the node or team has none."""
        if not calendar:
            return ALWAYS
        place = self.by_node_code.get(subject.node)
        if calendar == "node":
            return place.hours if place else ALWAYS
        row = self.of_queue.get(subject.team) if calendar == "team" else self.by_code.get(calendar)
        return self.made(row, place.time_zone if place else "UTC") if row else ALWAYS

    def made(self, row: SlaCalendar, time_zone: str) -> BusinessHours:
        key = (row.pk, row.time_zone or time_zone)
        if key not in self._made:
            hours = hours_of(row, time_zone)
            if not hours.ever_opens(clock.now()):
                self.never_open.add(row.code)
                hours = ALWAYS
            self._made[key] = hours
        return self._made[key]


def hours_of(row: SlaCalendar, time_zone: str) -> BusinessHours:
    """The calendar as arithmetic, in its own time zone or else in ``time_zone``."""
    days = frozenset(row.closed_on)
    closed = closed_days(row.holiday_country, row.holiday_subdivision, days)
    zone = row.time_zone if is_time_zone(row.time_zone) else time_zone
    return BusinessHours(zone, row.week, closed if days or row.holiday_country else no_holidays)


@dataclass(frozen=True)
class ActivePolicy:
    """``version`` None: no policy holds, and nothing is timed."""

    version: SlaPolicyVersion | None
    rulebook: Rulebook
    calendars: Calendars

    @property
    def places(self) -> dict[int, Place]:
        return self.calendars.places


def book_in_force() -> ActivePolicy:
    """The active policy, at most a second old."""
    return get_or_load("sla", "book", lambda: book_of(active_version()))


def book_of(version: SlaPolicyVersion | None) -> ActivePolicy:
    calendars = load_calendars()
    policy = read_policy(version.content) if version else Policy()
    return ActivePolicy(version, Rulebook(policy, calendars.hours), calendars)


def load_calendars() -> Calendars:
    rows = list(SlaCalendar.objects.prefetch_related("nodes", "queues"))
    calendars = Calendars(
        {row.code: row for row in rows},
        {node.code: row for row in rows for node in row.nodes.all()},
        {queue.code: row for row in rows for queue in row.queues.all()},
    )
    for node in Node.objects.select_related("calendar"):
        place = _place(node, calendars)
        calendars.places[place.pk], calendars.by_node_code[place.code] = place, place
    return calendars


def _place(node: Node, calendars: Calendars) -> Place:
    row = calendars.of_node.get(node.code)
    # A zone nobody knows must not stop the clocks of the whole network.
    node.time_zone = node.time_zone if is_time_zone(node.time_zone) else "UTC"
    hours = calendars.made(row, node.time_zone) if row else _network_hours(node)
    network = node.calendar
    named = row.code if row else _named(network) if network else ""
    return Place(node.pk, node.code, node.name, node.time_zone, node.cutoff, node.kind in OUTSIDE, hours, named)


def _named(calendar: Calendar) -> str:
    """What its hours depend on besides the week: with another holiday or closed day they are others."""
    single = ",".join(str(day) for day in sorted(calendar.closed_on))
    return f"{calendar.holiday_country}/{calendar.holiday_subdivision}/{single}"


def _network_hours(node: Node) -> BusinessHours:
    """A node without hours works all day on the days of its shipping calendar."""
    calendar = node.calendar
    if calendar is None:
        return BusinessHours(node.time_zone)
    closed = closed_days(calendar.holiday_country, calendar.holiday_subdivision, frozenset(calendar.closed_on))
    return _whole_days(node.time_zone, tuple(calendar.weekdays), closed)


@lru_cache(maxsize=1024)
def _whole_days(time_zone: str, weekdays: tuple[int, ...], closed: Callable[[date], bool]) -> BusinessHours:
    week = tuple(ALL_DAY if day in weekdays or not weekdays else () for day in range(7))
    return BusinessHours(time_zone, week, closed)
