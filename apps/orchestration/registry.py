"""The steps by name, and the writing of due runs beside their events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from apps.core.models import Event
from apps.orchestration import doorbell
from apps.orchestration.models import StepRun
from apps.orchestration.step import Lane, Step
from apps.orchestration.subscriptions import SUBSCRIPTIONS

STEPS: dict[str, Step] = {step.name: step for steps in SUBSCRIPTIONS.values() for step in steps}


def steps_of_lane(lane: Lane) -> list[Step]:
    """The lane's steps, most urgent first."""
    return sorted((s for s in STEPS.values() if s.lane == lane), key=lambda s: (s.priority, s.name))


def schedule(events: Sequence[Event]) -> None:
    """Write one due run for every (event, subscribed step), in the event's own transaction; ring when it commits."""
    pairs = [(event, step) for event in events for step in SUBSCRIPTIONS.get(event.name, ())]
    if not pairs:
        return
    StepRun.objects.bulk_create(
        StepRun(
            event=event,
            step=step.name,
            stream=event.stream,
            subject_id=event.subject_id,
            due_at=event.recorded_at + timedelta(seconds=step.delay_s),
            created_at=event.recorded_at,
        )
        for event, step in pairs
    )
    for lane in {step.lane for _, step in pairs}:
        transaction.on_commit(lambda lane=lane: doorbell.ring(lane), robust=True)  # type: ignore[misc]
