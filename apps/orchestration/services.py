"""What people do to work that stopped."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.db import transaction
from django_fsm import can_proceed

from apps.accounts.caller import Caller
from apps.casework.models import ExceptionCase
from apps.casework.resolutions.direct.cases import refuse_unless_ruled
from apps.casework.services import clear_cases
from apps.casework.states import CaseType
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.text import Text
from apps.orchestration import worker_wakeup
from apps.orchestration.errors import RunNotFound, RunNotRetryable
from apps.orchestration.events import retried_fact
from apps.orchestration.models import RunState, StepRun
from apps.orchestration.step import LANES


@transaction.atomic
def retry_run(run_id: int, actor: Actor) -> StepRun:
    """Start a parked run again, with all its attempts before it; twice is once. Raises RunNotFound, RunNotRetryable.

    Its dead-letter case is closed with it; should the step stop again, a new one is opened.
    """
    run = StepRun.objects.select_for_update(no_key=True).filter(pk=run_id).first()
    if run is None:
        raise RunNotFound(run=run_id)
    if run.state in (RunState.DUE, RunState.RUNNING):
        return run
    if not can_proceed(run.retry):
        raise RunNotRetryable(state=run.state)
    run.retry()
    run.finished_at = None
    run.save(update_fields=["state", "due_at", "attempts", "finished_at"])
    record(retried_fact(run), actor=actor)
    _close_case(run, actor)
    _wake_workers()
    return run


def retry_runs_by_rule(run_ids: Iterable[int], *, caller: Caller) -> int:
    """``retry_runs`` for somebody whom the table of limits lets do it. Raises BeyondLimits."""
    refuse_unless_ruled("retry_step", caller, ExceptionCase())
    return retry_runs(run_ids, caller.actor)


def retry_runs(run_ids: Iterable[int], actor: Actor) -> int:
    """Start many parked runs again, each separately; those no longer parked are passed over. Returns how many."""
    started = 0
    for pk in sorted(set(run_ids)):
        if StepRun.objects.filter(pk=pk, state=RunState.PARKED).exists():
            retry_run(pk, actor)
            started += 1
    return started


def _close_case(run: StepRun, actor: Actor) -> None:
    """One case stands for all parked runs of a stream, so it is closed with the last of them."""
    others = StepRun.objects.filter(state=RunState.PARKED, stream=run.stream).exclude(pk=run.pk)
    subject = run.stream or f"run:{run.pk}"
    if not run.stream or not others.exists():
        clear_cases([subject], types=[CaseType.DEAD_LETTER], resolution=Text("the job was retried"), actor=actor)


def _wake_workers() -> None:
    # Which lane the step belongs to, only the subscriptions know, and they stand above.
    for lane in LANES:
        transaction.on_commit(partial(worker_wakeup.wake_workers, lane), robust=True)
