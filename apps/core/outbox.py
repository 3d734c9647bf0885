"""Recording events, and, in the same transaction and statement, the work that follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.bulk.write_buffer import as_json, numbered, write
from apps.core.context import causes, correlation_id
from apps.core.event_types import EventData
from apps.core.registry import registered

_EVENTS = """
{told} AS (
    INSERT INTO core_event (name, stream, subject_id, subject_ref, cause, correlation_id, data, actor, recorded_at)
    SELECT f.name, f.stream, f.subject_id, f.subject_ref, f.cause, f.correlation_id, f.data, %s, %s
      FROM ROWS FROM (json_to_recordset(%s::json) AS (name text, stream text, subject_id bigint, subject_ref text,
                                                      cause bigint, correlation_id text, data jsonb))
           WITH ORDINALITY AS f(name, stream, subject_id, subject_ref, cause, correlation_id, data, n)
     ORDER BY f.n
    RETURNING id, name, stream, subject_id, recorded_at)
"""
_RUNS = """
{told}r AS (
    INSERT INTO {table} (event_id, step, stream, subject_id, state, due_at, attempts, last_error, error_code, created_at)
    SELECT e.id, f.step, e.stream, e.subject_id, 'due', e.recorded_at + make_interval(secs => f.delay_s), 0, '', '',
           e.recorded_at
      FROM {told} e JOIN json_to_recordset(%s::json) AS f(name text, step text, delay_s float8) ON f.name = e.name
     ORDER BY e.id)
"""


@dataclass(frozen=True, slots=True)
class Fact:
    """An event about to be recorded. ``subject_id`` is the row's primary key, ``subject_ref`` its public id."""

    event: EventData
    subject_id: int
    subject_ref: str
    stream: str

    @property
    def name(self) -> str:
        return self.event.spec.name


def record(*facts: Fact, actor: Actor) -> None:
    """Write events and the due work that follows them; must run inside the transaction of the change itself."""
    if not facts:
        return
    registry = registered()
    following = [
        (name, follower)
        for name in {fact.name for fact in facts}
        for follower in registry.followers.get(name, ())
        if follower.wanted(name)
    ]
    values: list[Any] = [str(actor), database_clock.now(), _told(facts)]
    if not following:
        write(_Record(""), values)
        return
    values.append(as_json([{"name": name, "step": f.step, "delay_s": f.delay_s} for name, f in following]))
    registry.note([follower.step for _, follower in following if not follower.delay_s])
    lanes = {follower.lane for _, follower in following}
    write(_Record(registry.runs_table), values, then=lambda: registry.wake(lanes))


@dataclass(frozen=True, slots=True)
class _Record:
    """Events, and the work that follows them; ``runs_table`` empty: none does."""

    runs_table: str

    def ctes(self, prefix: str, places: Iterator[str]) -> list[str]:
        found = [numbered(_EVENTS.format(told=prefix), places)]
        if self.runs_table:
            found.append(numbered(_RUNS.format(told=prefix, table=self.runs_table), places))
        return found


def _told(facts: Sequence[Fact]) -> str:
    caused, correlation = causes.get(), correlation_id.get()
    rows = []
    for fact in facts:
        cause = caused.get(fact.stream)
        rows.append(
            {
                "name": fact.name,
                "stream": fact.stream,
                "subject_id": fact.subject_id,
                "subject_ref": fact.subject_ref,
                "cause": cause.event_id if cause else None,
                "correlation_id": cause.correlation_id if cause else correlation,
                "data": fact.event.to_json(),
            }
        )
    return as_json(rows)
