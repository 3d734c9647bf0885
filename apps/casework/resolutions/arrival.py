"""When goods from a node would arrive: its cutoff, its working days, and how long its carriers take."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.network.holidays import closed_days
from apps.network.models import Calendar, CarrierService, Node
from apps.network.selectors import services_by_node

# Where no carrier says how long it takes.
USUAL_TRANSIT_DAYS = 2
LONGEST_CLOSED_DAYS = 14
EVENING = time(18)


@dataclass(frozen=True, slots=True)
class Departures:
    """Nodes by code with the carrier services that leave them, cheapest first as routing takes them; read once."""

    nodes: Mapping[str, Node]
    bound: Mapping[int, list[CarrierService]]
    everywhere: list[CarrierService]

    def arrival(self, codes: Collection[str], *, service_level: str, now: datetime) -> datetime | None:
        """When the last parcel of these nodes would be there if they had the order now; None without nodes."""
        nodes = [self.nodes[code] for code in codes if code in self.nodes]
        days = [_arrival(node, [*self.bound.get(node.pk, []), *self.everywhere], service_level, now) for node in nodes]
        return max(days, default=None)


def departures(nodes: Iterable[Node]) -> Departures:
    bound, everywhere = services_by_node()
    return Departures({node.code: node for node in nodes}, bound, everywhere)


def _arrival(node: Node, services: Collection[CarrierService], service_level: str, now: datetime) -> datetime:
    local = now.astimezone(ZoneInfo(node.time_zone))
    transit = next((s.transit_days for s in services if s.level == service_level), USUAL_TRANSIT_DAYS)
    late = node.cutoff is not None and local.time() > node.cutoff
    leaves = local.date() + timedelta(days=int(late))
    works = _working_days(node.calendar)
    for _ in range(LONGEST_CLOSED_DAYS):
        if works(leaves):
            break
        leaves += timedelta(days=1)
    there = datetime.combine(leaves + timedelta(days=transit), EVENING, tzinfo=local.tzinfo)
    return there.astimezone(now.tzinfo)


def _working_days(calendar: Calendar | None) -> Callable[[date], bool]:
    """Whether parcels leave on a day: one of the calendar's weekdays, no public holiday and none of its single closed days."""
    if calendar is None:
        return lambda day: True
    closed = closed_days(calendar.holiday_country, calendar.holiday_subdivision, frozenset(calendar.closed_on))
    weekdays = calendar.weekdays
    return lambda day: (not weekdays or day.weekday() in weekdays) and not closed(day)


def days_late(arrives: datetime | None, promised: datetime | None) -> int | None:
    """Whole days after (+) or before (-) the promise; None where either is not known."""
    return (arrives.date() - promised.date()).days if arrives and promised else None
