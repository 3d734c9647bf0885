"""What is looked at every minute rather than timed: backlogs, cutoffs that come near, orders that grow old."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from apps.casework.models import ExceptionCase
from apps.casework.services import Problem, clear_cases, note_cause_gone, open_cases
from apps.casework.services.clearing import CAUSE_GONE, CLEARED
from apps.casework.states import STANDING as CASE_STANDING
from apps.casework.states import CaseType
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.ids import ID_LENGTH
from apps.core.text import Text
from apps.core.transactions import atomic_unless_buffered
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.states import BEFORE_SHIPPED, FulfillmentState
from apps.orders.models import Order
from apps.orders.states import OrderState
from apps.sla.active_policy import ActivePolicy, Place, book_in_force
from apps.sla.arithmetic import NeverOpen
from apps.sla.linting import OWN_CALENDARS
from apps.sla.models import SlaTimer
from apps.sla.rules import Watch
from apps.sla.services.calendars import notice_changed_hours
from apps.sla.stages import Stage
from apps.sla.states import TimerState

GONE = "It has gone by itself."
NOT_PACKED = (FulfillmentState.OPEN, FulfillmentState.ACCEPTED, FulfillmentState.PICKED)
MOST_COUNTED = 5_000
NO_HOURS = Text("Its clocks count every hour until it is mended under Configuration, Business calendars.")


@dataclass(frozen=True, slots=True)
class WatchFinding:
    """Something a watch found. ``ref``: what its case is about."""

    type: str
    ref: str
    sentence: str
    node: str = ""


@atomic_unless_buffered
def watch(*, at: datetime | None = None, actor: Actor) -> int:
    """Open a case for what the policy's watches find, and close those whose cause has gone; returns how many were opened.

    What has a case standing already is left alone: a backlog is one problem, not one every minute; and so is what somebody
    ended manually, for as long as it goes on.
    """
    book, now = book_in_force(), at or database_clock.now()
    watches = book.rulebook.policy.watches
    notice_changed_hours(actor=actor)
    found = [one for watch in watches for one in _LOOKS[watch.kind](watch, book, now)]
    seen = {(one.type, one.ref): one for one in (*found, *_broken_calendars(book))}
    rows = _of_watches()
    standing = {(row.type, row.subject_ref) for row in rows.filter(state__in=CASE_STANDING)}
    ended = {(row.type, row.subject_ref): row for row in _ended_by_hand(rows).order_by("pk")}
    new = [one for key, one in seen.items() if key not in standing and key not in ended]
    open_cases([Problem(one.type, one.ref, one.sentence, node=one.node) for one in new], actor=actor)
    for kind, ref in (standing | ended.keys()) - seen.keys():
        clear_cases([ref], types=[kind], resolution=GONE, actor=actor)
    note_cause_gone([row.pk for key, row in ended.items() if key not in seen])
    return len(new)


def _broken_calendars(book: ActivePolicy) -> Iterator[WatchFinding]:
    """Calendars by which nothing can be counted: their clocks run day and night until somebody mends them."""
    known, named = book.calendars.by_code, {rule.calendar for rule in book.rulebook.policy.rules}
    for code in sorted(named - known.keys() - set(OWN_CALENDARS)):
        yield _broken(code, Text("The SLA policy counts by the calendar “{code}”, and there is none.", code=code))
    for code in sorted(book.calendars.never_open):
        yield _broken(code, Text("The calendar “{name}” is never open.", name=known[code].name))


def _broken(code: str, said: str) -> WatchFinding:
    sentence = Text.joined(" ", [said, NO_HOURS])
    return WatchFinding(CaseType.LATE_RISK, f"calendar:{code}"[:ID_LENGTH], sentence)


def _of_watches() -> QuerySet[ExceptionCase]:
    """Cases that watches opened: about a node, a state or a calendar, not about an order."""
    return ExceptionCase.objects.filter(
        Q(subject_ref__startswith="node:")
        | Q(subject_ref__startswith="state:")
        | Q(subject_ref__startswith="calendar:"),
        type__in=[CaseType.BACKLOG, CaseType.LATE_RISK],
    )


def _ended_by_hand(rows: QuerySet[ExceptionCase]) -> QuerySet[ExceptionCase]:
    """What somebody dismissed, resolved or merged while its cause went on."""
    return rows.exclude(state__in=CASE_STANDING).exclude(resolution_code=CLEARED).exclude(detail__has_key=CAUSE_GONE)


def _places(watch: Watch, book: ActivePolicy) -> list[Place]:
    return [place for place in book.places.values() if not watch.nodes or place.code in watch.nodes]


def _backlog(watch: Watch, book: ActivePolicy, now: datetime) -> Iterator[WatchFinding]:
    rows = FulfillmentOrder.objects.filter(state__in=BEFORE_SHIPPED, waits_for_stock=False).order_by()
    counts = dict(rows.values_list("node_id").annotate(count=Count("pk")))
    for place in _places(watch, book):
        count = counts.get(place.pk, 0)
        if count > watch.over:
            sentence = Text(
                "{node} has {count} fulfillment orders to do; more than {over} is a backlog.",
                node=place.name,
                count=f"{count:,}",
                over=f"{watch.over:,}",
            )
            yield WatchFinding(CaseType.BACKLOG, f"node:{place.pk}", sentence, place.code)


def _cutoff(watch: Watch, book: ActivePolicy, now: datetime) -> Iterator[WatchFinding]:
    for place in _places(watch, book):
        if place.cutoff is None or place.outside:
            continue
        try:
            cutoff = place.hours.next_cutoff(now, place.cutoff)
        except NeverOpen:
            continue
        left = cutoff - now
        if left > timedelta(minutes=watch.minutes):
            continue
        count = _due_by(place, cutoff)
        if count > watch.over:
            minutes = max(int(left.total_seconds() // 60), 1)
            sentence = Text.counted(
                "{count} parcel of {node} is not packed {minutes} minutes before its {cutoff} cutoff.",
                "{count} parcels of {node} are not packed {minutes} minutes before its {cutoff} cutoff.",
                count,
                count=f"{count:,}",
                node=place.name,
                minutes=minutes,
                cutoff=f"{place.cutoff:%H:%M}",
            )
            yield WatchFinding(CaseType.LATE_RISK, f"node:{place.pk}", sentence, place.code)


def _due_by(place: Place, cutoff: datetime) -> int:
    """Parcels that are to leave by then and are not packed."""
    timers = SlaTimer.objects.filter(state=TimerState.RUNNING, stage=Stage.SHIP, node_id=place.pk, due_at__lte=cutoff)
    ids = list(timers.values_list("subject_id", flat=True)[:MOST_COUNTED])
    return FulfillmentOrder.objects.filter(pk__in=ids, state__in=NOT_PACKED).count()


def _aging(watch: Watch, book: ActivePolicy, now: datetime) -> Iterator[WatchFinding]:
    old = Order.objects.filter(state=watch.state, entered_state_at__lt=now - timedelta(minutes=watch.minutes))
    count = old[:MOST_COUNTED].count()
    if count > watch.over:
        hours = watch.minutes / 60
        span = f"{hours:g} h" if hours >= 1 else f"{watch.minutes} min"
        known = watch.state in OrderState.values
        sentence = Text.counted(
            "{count} order has been {state} for over {span}.",
            "{count} orders have been {state} for over {span}.",
            count,
            count=f"{count:,}",
            state=Text.lowered(str(OrderState(watch.state).label)) if known else watch.state,
            span=span,
        )
        yield WatchFinding(CaseType.LATE_RISK, f"state:{watch.state}", sentence)


_LOOKS: dict[str, Callable[[Watch, ActivePolicy, datetime], Iterator[WatchFinding]]] = {
    "backlog": _backlog,
    "cutoff": _cutoff,
    "aging": _aging,
}
