"""The rows that are the queue: claiming, finishing, failing, parking. The only SQL of the runner."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.core import database_clock
from apps.core.bulk.advisory_locks import release_session_lock, try_session_lock
from apps.orchestration.models import RunState, StepRun
from apps.orchestration.step import Due, Step

LEASE = timedelta(seconds=45)

_CLAIM = """
SELECT r.id, r.event_id, e.name, r.subject_id, e.subject_ref, r.stream, e.data, e.correlation_id, r.attempts,
       e.recorded_at
  FROM orchestration_steprun r JOIN core_event e ON e.id = r.event_id
 WHERE r.step = %s AND r.state = 'due' AND r.due_at <= %s
 ORDER BY r.due_at, r.id LIMIT %s
   FOR UPDATE OF r SKIP LOCKED
"""
_WITH_WORK = """
SELECT s.name FROM unnest(%s::text[]) AS s(name)
 WHERE EXISTS (SELECT 1 FROM orchestration_steprun r WHERE r.step = s.name AND r.state = 'due' AND r.due_at <= %s)
"""
_LEASE = (
    "UPDATE orchestration_steprun SET state = 'running', leased_until = %s, attempts = attempts + 1 WHERE id = ANY(%s)"
)
_DONE = (
    "UPDATE orchestration_steprun SET state = 'done', finished_at = %s, leased_until = NULL, last_error = '' "
    "WHERE id = ANY(%s) AND state <> 'done'"
)
_AGAIN = (
    "UPDATE orchestration_steprun SET state = 'due', leased_until = NULL, due_at = %s, attempts = %s, last_error = %s, "
    "error_code = %s WHERE id = %s"
)
_PARK = (
    "UPDATE orchestration_steprun SET state = 'parked', leased_until = NULL, attempts = %s, last_error = %s, "
    "error_code = %s, finished_at = %s WHERE id = %s"
)
_LEASE_EXPIRED = (
    "UPDATE orchestration_steprun SET state = 'due', leased_until = NULL WHERE state = 'running' AND leased_until < %s"
)


def steps_with_work(names: Sequence[str]) -> set[str]:
    """Which of the steps have something due: one question instead of an empty claim for each."""
    with connection.cursor() as cursor:
        cursor.execute(_WITH_WORK, [list(names), database_clock.now()])
        return {name for (name,) in cursor.fetchall()}


MUCH = 400
LATE = timedelta(seconds=1.5)
_BEHIND = """
SELECT count(*) >= %s OR min(r.due_at) < %s
  FROM (SELECT due_at FROM orchestration_steprun WHERE state = 'due' AND step = ANY(%s) AND due_at <= %s LIMIT %s) r
"""


def is_behind(names: Sequence[str]) -> bool:
    """Whether more is due than one worker gets through at once, or something has waited long: then all must help."""
    now = database_clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND, [MUCH, now - LATE, list(names), now, MUCH])
        (behind,) = cursor.fetchone()
        return bool(behind)


def is_mine_alone(lane: str) -> bool:
    """Whether this session got the lane to itself; the database takes it back when the session ends, however it ends."""
    return try_session_lock(f"lane {lane}")


def give_back(lane: str) -> None:
    """Let another have the lane."""
    release_session_lock(f"lane {lane}")


def claim(step: Step, *, limit: int) -> list[Due]:
    """Lock up to ``limit`` due runs of the step for this transaction; other workers skip them."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [step.name, database_clock.now(), limit])
        return [_due(row) for row in cursor.fetchall()]


def _due(row: tuple[Any, ...]) -> Due:
    run_id, event_id, name, subject_id, subject_ref, stream, data, correlation_id, attempts, at = row
    # Django's cursors leave JSON as the text it is.
    stored = json.loads(data)
    return Due(run_id, event_id, name, subject_id, subject_ref, stream, stored, correlation_id, attempts, at)


def lease(dues: Sequence[Due]) -> None:
    """Mark as running until the lease ends; if nobody finishes them by then they are due again."""
    _execute(_LEASE, [database_clock.now() + LEASE, [due.run_id for due in dues]])


def finish(dues: Sequence[Due]) -> None:
    _execute(_DONE, [database_clock.now(), [due.run_id for due in dues]])


def try_again(due: Due, *, at: datetime, attempts: int, error: str, code: str = "") -> None:
    _execute(_AGAIN, [at, attempts, error[:2000], code, due.run_id])


def park(due: Due, *, attempts: int, error: str, code: str) -> None:
    _execute(_PARK, [attempts, error[:2000], code, database_clock.now(), due.run_id])


def reclaim_expired_leases() -> int:
    """Runs whose worker died under them are due again."""
    return _execute(_LEASE_EXPIRED, [database_clock.now()])


def oldest_due() -> datetime | None:
    """Since when the oldest due run has been waiting."""
    due = StepRun.objects.filter(state=RunState.DUE, due_at__lte=database_clock.now())
    return due.order_by("due_at").values_list("due_at", flat=True).first()


def _execute(sql: str, params: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)
