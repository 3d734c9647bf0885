"""Recording events, and, in the same transaction, the work that follows from them.

What follows is not known here: orchestration fills the registry at start-up with names and a scheduler, so
nothing is imported upwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.core import clock
from apps.core.actor import Actor
from apps.core.context import causes, correlation_id
from apps.core.models import Event

Scheduler = Callable[[Sequence[Event]], None]


@dataclass(frozen=True, slots=True)
class Fact:
    """An event about to be recorded. ``subject_id`` is the row's primary key, ``subject_ref`` its public id."""

    name: str
    subject_id: int
    subject_ref: str
    stream: str
    data: Mapping[str, Any] = field(default_factory=dict)


def _nobody_listens(events: Sequence[Event]) -> None:
    """Until orchestration registers, events are only remembered."""


_scheduler: Scheduler = _nobody_listens


def register_scheduler(scheduler: Scheduler) -> None:
    """Called once at start-up by orchestration."""
    global _scheduler
    _scheduler = scheduler


def record(*facts: Fact, actor: Actor) -> list[Event]:
    """Write events and the due work that follows them; must run inside the transaction of the change itself."""
    if not facts:
        return []
    moment, who = clock.now(), str(actor)
    events = Event.objects.bulk_create(_event(fact, moment, who) for fact in facts)
    _scheduler(events)
    return events


def _event(fact: Fact, moment: datetime, who: str) -> Event:
    cause = causes.get().get(fact.stream)
    return Event(
        name=fact.name,
        subject_id=fact.subject_id,
        subject_ref=fact.subject_ref,
        stream=fact.stream,
        data=dict(fact.data),
        cause=cause.event_id if cause else None,
        actor=who,
        correlation_id=cause.correlation_id if cause else correlation_id.get(),
        recorded_at=moment,
    )
