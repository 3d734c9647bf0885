"""Time in state: computed from events, never typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.core import clock
from apps.core.event_types import Subject, states_entered

ENDS = ("delivered", "cancelled", "rejected")
_STAYS = """
WITH moves AS (
    SELECT e.id, e.stream, split_part(e.name, '.', 1) AS kind, e.subject_ref, m.state, e.recorded_at
      FROM core_event e JOIN unnest(%s::text[], %s::text[]) AS m(name, state) ON m.name = e.name
     WHERE e.stream = ANY(%s::text[]) AND coalesce((e.data ->> 'complete')::boolean, true)),
stays AS (
    SELECT kind, subject_ref, state, recorded_at AS entered, lead(recorded_at) OVER w AS left_at, lead(state) OVER w AS next
      FROM moves WINDOW w AS (PARTITION BY stream, kind, subject_ref ORDER BY id))
"""
_EACH = _STAYS + "SELECT kind, subject_ref, state, entered, left_at FROM stays ORDER BY entered"
_TYPICAL = (
    _STAYS
    + """
SELECT kind, state, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM left_at - entered)),
       percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM left_at - entered))
  FROM stays WHERE left_at IS NOT NULL AND next <> state GROUP BY kind, state
"""
)


@dataclass(frozen=True, slots=True)
class StateVisit:
    """``kind``: order or fulfillment. ``left`` None: it is there now, or for good."""

    kind: str
    subject_ref: str
    state: str
    entered: datetime
    left: datetime | None

    @property
    def lasted(self) -> timedelta:
        """So far, where it has not ended; nothing in a state that is the end."""
        if self.left is None and self.state in ENDS:
            return timedelta()
        return (self.left or clock.now()) - self.entered


@dataclass(frozen=True, slots=True)
class TypicalDuration:
    """How long such subjects stay in a state: half of them no longer than ``median``, nine in ten than ``most``."""

    kind: str
    state: str
    count: int
    median: timedelta
    most: timedelta


def stays_of(order_ref: str) -> list[StateVisit]:
    """Every stay of an order and of its fulfillment orders, in the order they began; a repeated event makes no new stay."""
    found: list[StateVisit] = []
    last: dict[tuple[str, str], int] = {}
    for kind, ref, state, entered, left in _ask(_EACH, [order_ref]):
        key = (kind, ref)
        if key in last and found[last[key]].state == state:
            before = found[last[key]]
            found[last[key]] = StateVisit(kind, ref, state, before.entered, left)
            continue
        last[key] = len(found)
        found.append(StateVisit(kind, ref, state, entered, left))
    return found


def typical_stays(order_refs: Sequence[str]) -> list[TypicalDuration]:
    """Over these orders and their fulfillment orders, by kind and state."""
    rows = _ask(_TYPICAL, order_refs)
    return [
        TypicalDuration(kind, state, count, timedelta(seconds=median), timedelta(seconds=most))
        for kind, state, count, median, most in rows
    ]


def _ask(sql: str, order_refs: Sequence[str]) -> list[tuple[Any, ...]]:
    # An event about a part (a parcel of several) moves nothing; the SQL passes over it.
    entered = states_entered(Subject.ORDER, Subject.FULFILLMENT_ORDER)
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(entered), list(entered.values()), list(order_refs)])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
