"""Events, and the step runs that follow from them, as a part of the statement that writes the change itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apps.core.bulk.write_buffer import numbered

_EVENTS = """
{prefix} AS (
    INSERT INTO core_event (name, stream, subject_id, subject_ref, cause, correlation_id, data, actor, recorded_at)
    SELECT f.name, f.stream, f.subject_id, f.subject_ref, f.cause, f.correlation_id, f.data, %s, %s
      FROM ROWS FROM (json_to_recordset(%s::json) AS (name text, stream text, subject_id bigint, subject_ref text,
                                                      cause bigint, correlation_id text, data jsonb))
           WITH ORDINALITY AS f(name, stream, subject_id, subject_ref, cause, correlation_id, data, n)
     ORDER BY f.n
    RETURNING id, name, stream, subject_id, recorded_at)
"""
_RUNS = """
{prefix}r AS (
    INSERT INTO {table} (event_id, step, stream, subject_id, state, due_at, attempts, last_error, error_code, created_at)
    SELECT e.id, f.step, e.stream, e.subject_id, 'due', e.recorded_at + make_interval(secs => f.delay_s), 0, '', '',
           e.recorded_at
      FROM {prefix} e JOIN json_to_recordset(%s::json) AS f(name text, step text, delay_s float8) ON f.name = e.name
     ORDER BY e.id)
"""


@dataclass(frozen=True, slots=True)
class EventInsert:
    """Takes the actor, the moment and the events as JSON; with ``runs_table`` also, as JSON, which steps follow which event
    after how many seconds. An empty ``runs_table``: no step follows."""

    runs_table: str

    def ctes(self, prefix: str, places: Iterator[str]) -> list[str]:
        found = [numbered(_EVENTS.format(prefix=prefix), places)]
        if self.runs_table:
            found.append(numbered(_RUNS.format(prefix=prefix, table=self.runs_table), places))
        return found
