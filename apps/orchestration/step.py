"""What a step is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar, cast

from apps.core.actor import Actor
from apps.core.event_types import EventData, load

Lane = Literal["steps", "partners"]
LANES: tuple[Lane, ...] = ("steps", "partners")


E_co = TypeVar("E_co", bound=EventData, covariant=True)


@dataclass(frozen=True)
class DueOf(Generic[E_co]):
    """One piece of due work, as a step sees it: the event it follows and that event's subject.

    ``stored``: what the log holds of the event; a step reads ``event``.
    """

    run_id: int
    event_id: int
    name: str
    subject_id: int
    subject_ref: str
    stream: str
    stored: Mapping[str, Any]
    correlation_id: str
    attempts: int
    recorded_at: datetime

    @cached_property
    def event(self) -> E_co:
        """Raises UnreadableEvent: the run is tried again, and parked for a person to look at."""
        return cast(E_co, load(self.name, self.stored))


# After whichever event.
Due = DueOf[EventData]


class TryLater(Exception):
    """Not a fault: the step asks to be run again at ``at``, without spending an attempt (a partner asked for quiet)."""

    def __init__(self, at: datetime, reason: str) -> None:
        super().__init__(reason)
        self.at = at


# What is due, and in whose name the step records what it does.
Handler = Callable[[Sequence[DueOf[Any]], Actor], None]


@dataclass(frozen=True, slots=True)
class Step:
    """``do`` is handed up to ``batch`` due runs at once and must be idempotent: lock, look, return if already done.

    Lane ``steps``: only touches the database, in one transaction with the run's own bookkeeping. Lane ``partners``:
    calls other systems, one run at a time, under a lease and outside any transaction. Smaller ``priority`` first.
    ``rounds``: batches in a row before it is the next step's turn. ``wanted``: no run is written for an event, by its name, that
    it answers no to.
    """

    do: Handler
    lane: Lane = "steps"
    batch: int = 200
    priority: int = 50
    attempts: int = 5
    delay_s: float = 0.0
    rounds: int = 1
    wanted: Callable[[str], bool] | None = None

    @property
    def name(self) -> str:
        return self.do.__name__

    @property
    def actor(self) -> Actor:
        return Actor("step", self.name)
