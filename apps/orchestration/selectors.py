"""Reads of the queue for the screens."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.orchestration.models import RunState, StepRun


def parked_runs() -> QuerySet[StepRun]:
    """Runs that wait for a person."""
    return StepRun.objects.filter(state__spelled=[RunState.PARKED])
