"""Reads of the queue for the screens."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.orchestration.models import StepRun


def parked_runs() -> QuerySet[StepRun]:
    """Runs that wait for a person.

    The state stands in the SQL as it is: as a parameter of a prepared statement, PostgreSQL can't know that the index of
    parked runs holds them all, and reads the whole history to find that there are none.
    """
    return StepRun.objects.extra(where=["orchestration_steprun.state = 'parked'"])
