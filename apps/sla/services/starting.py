"""Starting clocks, many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from apps.sla.active_policy import ActivePolicy
from apps.sla.facts import Facts
from apps.sla.models import SlaTimer
from apps.sla.pauses import Pause, holds_of, waits_of
from apps.sla.rules import Deadline
from apps.sla.services.recalculating import Count, put, run
from apps.sla.stages import STAGES, Of

_COLUMNS = (
    ("stage", "text"),
    ("subject_id", "bigint"),
    ("occasion", "bigint"),
    ("subject_ref", "text"),
    ("stream", "text"),
    ("order_id", "bigint"),
    ("node_id", "bigint"),
    ("policy_id", "bigint"),
    ("rule", "smallint"),
    ("state", "text"),
    ("started_at", "timestamptz"),
    ("due_at", "timestamptz"),
    ("warn_at", "timestamptz"),
    ("total_s", "integer"),
    ("next_at", "timestamptz"),
    ("paused_at", "timestamptz"),
    ("left_s", "integer"),
    ("paused_s", "integer"),
)
_NAMES = ", ".join(name for name, _ in _COLUMNS)
_ARRAYS = ", ".join(f"%s::{kind}[]" for _, kind in _COLUMNS)
# A clock is started once, however often its beginning is reported and by however many workers.
_INSERT = (
    f"INSERT INTO sla_slatimer ({_NAMES}) SELECT {_NAMES} FROM unnest({_ARRAYS}) AS v({_NAMES}) "
    "ON CONFLICT (stage, subject_id, occasion) DO NOTHING"
)

# No rule gives less than a minute, so what took less needs no looking up.
SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Start:
    """A stage that began at ``at``. ``over``: it has ended since; then a clock is worth a row only if it ended late.
    ``occasion``: what made the stage start again, 0 where nothing did."""

    stage: str
    facts: Facts
    at: datetime
    over: bool = False
    occasion: int = 0


def start_timers(starts: Sequence[Start], book: ActivePolicy) -> int:
    """Start the clocks that the policy has for these stages, in one statement; returns how many there were."""
    given = [(start, deadline) for start in starts if (deadline := _deadline(start, book)) is not None]
    stills = _stills([start for start, deadline in given if book.rulebook.policy.rules[deadline.rule].pause])
    rows = [row for start, deadline in given if (row := _row(start, deadline, stills, book)) is not None]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
    return len(rows)


def _deadline(start: Start, book: ActivePolicy) -> Deadline | None:
    """None: nobody times it, or it was over in time and there is nothing to watch. On a good day most stages get no clock."""
    if book.version is None or (start.over and start.facts.entered_at - start.at < SHORTEST):
        return None
    deadline = book.rulebook.deadline(start.stage, start.facts.subject, start.at)
    late = deadline is not None and not (start.over and start.facts.entered_at <= deadline.due_at)
    return deadline if late else None


_Stills = Mapping[tuple[bool, int], Sequence[Pause]]


def _stills(starts: Sequence[Start]) -> _Stills:
    """When each had a reason to stand still, by whether it is a case, and its pk or the order's."""
    orders = {start.facts.order_id for start in starts if STAGES[start.stage].of in (Of.ORDER, Of.FULFILLMENT)}
    cases = {start.facts.subject_id for start in starts if STAGES[start.stage].of is Of.CASE}
    held, waits = holds_of({pk for pk in orders if pk is not None}), waits_of(cases)
    return {(False, pk): found for pk, found in held.items()} | {(True, pk): found for pk, found in waits.items()}


def _row(start: Start, deadline: Deadline, stills: _Stills, book: ActivePolicy) -> tuple[object, ...] | None:
    assert book.version is not None
    facts = start.facts
    of_case = STAGES[start.stage].of is Of.CASE
    times = _times(
        start, deadline, stills.get((of_case, facts.subject_id if of_case else facts.order_id or 0), ()), book
    )
    if times is None:
        return None
    place = facts.place or book.calendars.by_node_code.get(facts.subject.node)
    by_node = STAGES[start.stage].of is not Of.ORDER and place is not None
    return (
        start.stage, facts.subject_id, start.occasion, facts.subject_ref, facts.stream, facts.order_id,
        place.pk if place and by_node else None, book.version.pk, deadline.rule, *times,
    )  # fmt: skip


def _times(start: Start, deadline: Deadline, stills: Sequence[Pause], book: ActivePolicy) -> tuple[object, ...] | None:
    """State and everything after it; None: it stood still for so long that it was over in time."""
    rule = book.rulebook.policy.rules[deadline.rule]
    timer = SlaTimer(started_at=start.at, due_at=deadline.due_at, warn_at=deadline.warn_at, total_s=deadline.total_s)
    run(timer)
    if rule.pausable and rule.pause and stills:
        hours = book.calendars.hours(rule.calendar, start.facts.subject)
        put(timer, [Count(start.at, deadline.total_s, rule, hours, stills)])
    if start.over and (timer.paused_at is not None or start.facts.entered_at <= timer.due_at):
        return None
    return (
        str(timer.state), timer.started_at, timer.due_at, timer.warn_at, timer.total_s, timer.next_at,
        timer.paused_at, timer.left_s, timer.paused_s,
    )  # fmt: skip
