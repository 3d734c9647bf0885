"""Reads of the queue for the screens."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.orchestration.models import RunState, StepRun


def parked_runs() -> QuerySet[StepRun]:
    """Runs that wait for a person."""
    return StepRun.objects.filter(state__spelled=[RunState.PARKED])


def is_under_way(step: str, subject_id: int) -> bool:
    """Whether the step is still to be done for that subject, or is being done."""
    runs = StepRun.objects.filter(step=step, subject_id=subject_id)
    return any(runs.filter(state__spelled=[state]).exists() for state in (RunState.DUE, RunState.RUNNING))
