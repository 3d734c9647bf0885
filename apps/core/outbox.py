"""Recording events, and, in the same transaction and statement, the work that follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.bulk.columns import as_json
from apps.core.bulk.event_insert import EventInsert
from apps.core.bulk.write_buffer import write
from apps.core.context import causes, correlation_id
from apps.core.event_types import EventData
from apps.core.registry import registered


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
    values: list[Any] = [str(actor), database_clock.now(), _as_rows(facts)]
    if not following:
        write(EventInsert(""), values)
        return
    values.append(as_json([{"name": name, "step": f.step, "delay_s": f.delay_s} for name, f in following]))
    registry.note([follower.step for _, follower in following if not follower.delay_s])
    lanes = {follower.lane for _, follower in following}
    write(EventInsert(registry.runs_table), values, on_commit=lambda: registry.wake(lanes))


def _as_rows(facts: Sequence[Fact]) -> str:
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
