"""The steps by name, and what the outbox below has to know of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import cast

from apps.core.registry import Follower, Registry
from apps.orchestration import worker_wakeup
from apps.orchestration.models import StepRun
from apps.orchestration.step import Lane, Step
from apps.orchestration.subscriptions import SUBSCRIPTIONS

STEPS: dict[str, Step] = {step.name: step for steps in SUBSCRIPTIONS.values() for step in steps}


def steps_of_lane(lane: Lane) -> list[Step]:
    """The lane's steps, most urgent first."""
    return sorted((s for s in STEPS.values() if s.lane == lane), key=lambda s: (s.priority, s.name))


def names() -> Registry:
    """The names-only view of the subscriptions that core is given."""
    followers = {event.spec.name: [_follower(step) for step in steps] for event, steps in SUBSCRIPTIONS.items()}
    return Registry(StepRun._meta.db_table, followers, _note, _wake)


def _follower(step: Step) -> Follower:
    plain = Follower(step.name, step.delay_s, step.lane)
    return plain if step.wanted is None else replace(plain, wanted=step.wanted)


_made_due: ContextVar[set[str] | None] = ContextVar("made_due", default=None)


@contextmanager
def made_due() -> Iterator[set[str]]:
    """The names of the steps for which work is written inside the block, filled as it happens. Where that was rolled back, one
    of them has nothing to do."""
    names: set[str] = set()
    token = _made_due.set(names)
    try:
        yield names
    finally:
        _made_due.reset(token)


def _note(steps: Collection[str]) -> None:
    noted = _made_due.get()
    if noted is not None:
        noted.update(steps)


def _wake(lanes: Collection[str]) -> None:
    for lane in lanes:
        worker_wakeup.wake_workers(cast(Lane, lane))
