"""Calendars that clocks run by: what keeps one from being taken away, and recalculating clocks once hours have changed."""

from __future__ import annotations

import hashlib

from django.db import transaction

from apps.core.actor import Actor
from apps.core.models import Event
from apps.core.outbox import record
from apps.core.process_cache import clear_process_cache
from apps.core.transactions import atomic_unless_buffered, service
from apps.sla import events, selectors
from apps.sla.active_policy import ActivePolicy, book_of
from apps.sla.errors import CalendarInUse
from apps.sla.models import DAYS, SlaCalendar


@service
def delete_calendar(calendar_id: int, *, actor: Actor) -> None:
    """Take a calendar away that no policy needs; one that is gone already is gone. Raises CalendarInUse."""
    del actor  # Its history says who.
    row = SlaCalendar.objects.select_for_update().filter(pk=calendar_id).first()
    if row is None:
        return
    why = why_needed(row)
    if why:
        raise CalendarInUse(name=row.name, why=why)
    row.delete()


def why_needed(calendar: SlaCalendar) -> str:
    """Which policy counts by it, in words; empty: none does. Without it such clocks would run day and night."""
    ways = {calendar.code: "names it"}
    if calendar.nodes.exists():
        ways["node"] = "counts the hours of places that have it"
    if calendar.queues.exists():
        ways["team"] = "counts the hours of queues that have it"
    for version in selectors.versions_in_use():
        for rule in version.content.get("rules", ()):
            how = ways.get(str(rule.get("calendar", "")))
            if how:
                return f"{version} ({version.get_state_display().lower()}) {how}"
    return ""


@atomic_unless_buffered
def notice_changed_hours(*, actor: Actor) -> bool:
    """Have running clocks recalculated where any hours are other than when they were last counted; returns whether.

    However hours were changed: by page, by a feed, or because a place moved to another time zone.
    """
    version = selectors.active_version()
    if version is None:
        return False
    mark = _mark(book_of(version))
    fact = Event.objects.filter(stream=version.public_id, name=events.SlaCalendarChanged.spec.name).order_by("-pk")
    last = fact.values_list("data", flat=True).first()
    if last is not None and last.get("hours") == mark:
        return False
    transaction.on_commit(clear_process_cache, robust=True)
    clear_process_cache()
    record(events.policy_fact(version, events.SlaCalendarChanged(hours=mark)), actor=actor)
    return True


def _mark(book: ActivePolicy) -> str:
    rows = book.calendars.by_code.values()
    hours = [
        (
            row.code, row.time_zone, *(getattr(row, day) for day in DAYS), row.holiday_country, row.holiday_subdivision,
            sorted(str(day) for day in row.closed_on), sorted(queue.code for queue in row.queues.all()),
        )
        for row in sorted(rows, key=lambda row: row.code)
    ]  # fmt: skip
    places = sorted((one.code, one.time_zone, one.hours.week, one.name_of_hours) for one in book.places.values())
    return hashlib.sha256(repr((hours, places)).encode()).hexdigest()[:16]
