"""What a step is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from apps.core.actor import Actor

Lane = Literal["steps", "partners"]
LANES: tuple[Lane, ...] = ("steps", "partners")


@dataclass(frozen=True, slots=True)
class Due:
    """One piece of due work, as a step sees it: the event it follows and that event's subject."""

    run_id: int
    event_id: int
    event: str
    subject_id: int
    subject_ref: str
    stream: str
    data: Mapping[str, Any]
    correlation_id: str
    attempts: int
    recorded_at: datetime


class TryLater(Exception):
    """Not a fault: the step asks to be run again at ``at``, without spending an attempt (a partner asked for quiet)."""

    def __init__(self, at: datetime, reason: str) -> None:
        super().__init__(reason)
        self.at = at


# What is due, and in whose name the step records what it does.
Handler = Callable[[Sequence[Due], Actor], None]


@dataclass(frozen=True, slots=True)
class Step:
    """``do`` is handed up to ``batch`` due runs at once and must be idempotent: lock, look, return if already done.

    Lane ``steps``: only touches the database, in one transaction with the run's own bookkeeping. Lane ``partners``:
    speaks to the outside, one run at a time, under a lease and outside any transaction. Smaller ``priority`` first.
    ``rounds``: batches in a row before it is the next step's turn.
    """

    do: Handler
    lane: Lane = "steps"
    batch: int = 200
    priority: int = 50
    attempts: int = 5
    delay_s: float = 0.0
    rounds: int = 1

    @property
    def name(self) -> str:
        return self.do.__name__

    @property
    def actor(self) -> Actor:
        return Actor("step", self.name)
