"""Starting clocks, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from apps.sla.books import Book
from apps.sla.facts import Facts
from apps.sla.rules import Deadline
from apps.sla.stages import STAGES, Of
from apps.sla.states import TimerState

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
# A clock is started once, however often its beginning is told and by however many workers.
_INSERT = (
    f"INSERT INTO sla_slatimer ({_NAMES}) SELECT {_NAMES} FROM unnest({_ARRAYS}) AS v({_NAMES}) "
    "ON CONFLICT (stage, subject_id, occasion) DO NOTHING"
)

# No rule gives less than a minute, so what took less needs no looking up.
SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Start:
    """A stage that began at ``at``. ``over``: it has ended since; then a clock is worth a row only if it ended late.
    ``paused``: reasons that hold it now. ``occasion``: what made the stage begin anew, 0 where nothing did."""

    stage: str
    facts: Facts
    at: datetime
    over: bool = False
    paused: frozenset[str] = frozenset()
    occasion: int = 0


def start_timers(starts: Sequence[Start], book: Book) -> int:
    """Start the clocks that the policy has for these stages, in one statement; answers how many there were."""
    rows = [row for start in starts if (row := _row(start, book)) is not None]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
    return len(rows)


def _row(start: Start, book: Book) -> tuple[object, ...] | None:
    if start.over and start.facts.entered_at - start.at < SHORTEST:
        return None
    deadline = book.rulebook.deadline(start.stage, start.facts.subject, start.at)
    if deadline is None or book.version is None:
        return None
    # When it was over in time there is nothing to watch: on a good day most stages never get a row.
    if start.over and start.facts.entered_at <= deadline.due_at:
        return None
    facts = start.facts
    place = facts.place or book.calendars.by_node_code.get(facts.subject.node)
    by_node = STAGES[start.stage].of is not Of.ORDER and place is not None
    return (
        start.stage, facts.subject_id, start.occasion, facts.subject_ref, facts.stream, facts.order_id,
        place.pk if place and by_node else None, book.version.pk, deadline.rule, *_times(start, deadline, book),
    )  # fmt: skip


def _times(start: Start, deadline: Deadline, book: Book) -> tuple[object, ...]:
    """State and everything after it."""
    rule = book.rulebook.policy.rules[deadline.rule]
    held = bool(rule.pausable and start.paused.intersection(rule.pause))
    return (
        str(TimerState.PAUSED if held else TimerState.RUNNING), start.at, deadline.due_at, deadline.warn_at,
        min(deadline.total_s, 2**31 - 1), None if held else deadline.warn_at or deadline.due_at,
        start.at if held else None, min(deadline.total_s, 2**31 - 1) if held else None, 0,
    )  # fmt: skip
