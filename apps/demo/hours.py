"""When the made-up shop's places and its desk work: calendars with the public holidays of where they stand."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apps.casework.models import Queue
from apps.core.actor import SYSTEM
from apps.network.models import Calendar, Node
from apps.sla.models import DAYS, SlaCalendar
from apps.sla.selectors import active_version
from apps.sla.services import publish_sla_policy
from apps.sla.services.defaults import DEFAULT_POLICY
from apps.sla.stages import Stage

_CASES = (Stage.CASE_RESPONSE, Stage.CASE_RESOLUTION)
_EVERY_DAY = tuple(range(7))


@dataclass(frozen=True, slots=True)
class Hours:
    """``week``: Monday to Friday, Saturday, Sunday."""

    code: str
    name: str
    week: tuple[str, str, str]
    subdivision: str
    nodes: tuple[str, ...]


HOURS = (
    Hours("warehouses", "Warehouses in England", ("06:00-22:00", "06:00-22:00", "08:00-18:00"), "ENG",
          ("leeds-dc", "midlands-3pl")),
    Hours("stores", "Stores in England", ("09:00-19:00", "09:00-19:00", "11:00-17:00"), "ENG",
          ("hull", "york", "london-oxford-st", "bristol")),
    Hours("clyde", "Clyde Ceramics, Glasgow", ("08:00-17:00", "", ""), "SCT", ("clyde-ceramics",)),
)  # fmt: skip
DESK = Hours("desk", "Customer desk", ("08:00-20:00", "08:00-20:00", "09:00-18:00"), "ENG", ())
# When parcels leave, by the same places.
SHIPPING = (
    ("England, every day but holidays", "ENG", _EVERY_DAY, (*HOURS[0].nodes, *HOURS[1].nodes)),
    ("Scotland, Monday to Friday", "SCT", _EVERY_DAY[:5], HOURS[2].nodes),
)


def seed_shipping_days() -> None:
    """On which days parcels leave the places that are there by now."""
    for name, subdivision, weekdays, nodes in SHIPPING:
        row, _ = Calendar.objects.get_or_create(
            name=name,
            defaults={"weekdays": list(weekdays), "holiday_country": "GB", "holiday_subdivision": subdivision},
        )
        Node.objects.filter(code__in=nodes, calendar=None).update(calendar=row)


def seed_hours() -> None:
    """Opening hours of places and of the desk, and a policy that counts cases in the desk's hours."""
    for hours in HOURS:
        row = _calendar(hours)
        row.nodes.add(*Node.objects.filter(code__in=hours.nodes, sla_calendars=None))
    _calendar(DESK).queues.add(*Queue.objects.filter(sla_calendars=None))
    if active_version() is None:
        rules = tuple(replace(rule, calendar="team") if rule.stage in _CASES else rule for rule in DEFAULT_POLICY.rules)
        policy = replace(DEFAULT_POLICY, rules=rules)
        publish_sla_policy(policy.to_json(), retime=False, note="As we promised our customers.", actor=SYSTEM)


def _calendar(hours: Hours) -> SlaCalendar:
    weekdays, saturday, sunday = hours.week
    week = dict.fromkeys(DAYS[:5], weekdays) | {"saturday": saturday, "sunday": sunday}
    row, _ = SlaCalendar.objects.get_or_create(
        code=hours.code,
        defaults={
            "name": hours.name,
            "time_zone": "Europe/London",
            "holiday_country": "GB",
            "holiday_subdivision": hours.subdivision,
            **week,
        },
    )
    return row
