"""The ledger of what must be undone: every effect is tried until it is, and after five failures a person hears of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from apps.casework.services import Problem, clear_cases, open_case
from apps.casework.states import CaseType
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.transactions import service
from apps.orchestration.backoff import next_attempt
from apps.orchestration.models import Compensation, CompensationState

STUCK_AFTER = 5


def promise(effect: str, subject_ref: str, *, stream: str) -> None:
    """Write down that the effect on this subject has to be undone; twice is once."""
    row = Compensation(effect=effect, subject_ref=subject_ref, stream=stream)
    Compensation.objects.bulk_create([row], ignore_conflicts=True)


@service
def note_failure(effect: str, subject_ref: str, *, problem: Problem, error: str, actor: Actor) -> datetime:
    """It failed again; answers when to try next. The fifth time ``problem`` goes before a person, and trying goes on.

    ``error`` holds no personal data.
    """
    row = Compensation.objects.select_for_update(no_key=True).get(effect=effect, subject_ref=subject_ref)
    row.attempts += 1
    row.last_error = error[:300]
    if row.attempts == STUCK_AFTER:
        row.state = CompensationState.STUCK
        open_case(problem, actor=actor)
    row.save(update_fields=["attempts", "last_error", "state"])
    return next_attempt(row.attempts, now=database_clock.now())


@service
def settle(effect: str, subject_refs: Collection[str], *, actor: Actor) -> None:
    """These are undone, or their undoing was refused for good and a person has that; what stood about it is closed."""
    rows = Compensation.objects.select_for_update(no_key=True).filter(effect=effect, subject_ref__in=list(subject_refs))
    unsettled = [row for row in rows.order_by("pk") if row.state != CompensationState.DONE]
    Compensation.objects.filter(pk__in=[row.pk for row in unsettled]).update(
        state=CompensationState.DONE, settled_at=database_clock.now()
    )
    stuck = [row.subject_ref for row in unsettled if row.state == CompensationState.STUCK]
    clear_cases(stuck, types=[CaseType.COMPENSATION_STUCK], resolution="it went through in the end", actor=actor)
