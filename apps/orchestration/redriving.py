"""Starting many failed jobs and given-up deliveries again: a job of parts, each a transaction of its own.

What is sent goes through breaker and rate limit as any call does; besides, a counterpart that is left alone gets none of them, and of
one that is well only so many are under way at once, so that fresh work does not wait behind a heap of old.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from apps.accounts.caller import Caller
from apps.casework.models import ExceptionCase
from apps.casework.resolutions.direct.cases import refuse_unless_ruled
from apps.core import clock, database_clock
from apps.core.actor import Actor
from apps.core.bulk.advisory_locks import lock_name
from apps.core.outbox import record
from apps.core.transactions import service
from apps.orchestration.errors import NothingToRetry, RedriveNotFound, RunNotFound, RunNotRetryable
from apps.orchestration.events import RedriveContinued, RedriveStarted, redrive_fact
from apps.orchestration.models import Redrive, RedrivenItem, RedriveState, RunState, StepRun
from apps.orchestration.selectors import DeadLetters, dead_deliveries, dead_runs, lock_redrive
from apps.orchestration.services import retry_run
from apps.outbound.selectors import breakers_of
from apps.webhooks.models import Delivery
from apps.webhooks.services import replay_given_up
from apps.webhooks.states import DeliveryState

# Of one counterpart under way at once; of work that calls nobody, or after a while nothing of what was sent has come to an end.
MOST_UNDER_WAY, PART, ROWS_AT_ONCE = 20, 200, 5_000
LOOK_AGAIN = timedelta(seconds=5)
Whom = tuple[str, str]


@transaction.atomic
def redrive_by_rule(which: DeadLetters, *, caller: Caller) -> Redrive:
    """``start_redrive`` for somebody whom the table of limits lets do it, of what they see. Raises BeyondLimits, NothingToRetry."""
    refuse_unless_ruled("retry_step", caller, ExceptionCase())
    runs = dead_runs(caller, which).values_list("pk", "called_kind", "called")
    deliveries = dead_deliveries(caller, which).values_list("pk", "endpoint__public_id")
    items = [RedrivenItem(run_id=pk, called_kind=kind, called=code or "") for pk, kind, code in runs.order_by("pk")]
    items += [
        RedrivenItem(delivery_id=pk, called_kind="webhook", called=code) for pk, code in deliveries.order_by("pk")
    ]
    return start_redrive(which, items, actor=caller.actor)


@service
def start_redrive(which: DeadLetters, items: Sequence[RedrivenItem], *, actor: Actor) -> Redrive:
    """Have these started again; where a job of the same person about the same is under way, it is that one. Raises NothingToRetry."""
    lock_name("orchestration.redrives")
    about = {
        "called_kind": which.called_kind,
        "called": which.called,
        "step": which.step,
        "code": which.code,
        "chosen": which.chosen,
        "created_by": str(actor),
    }
    under_way = Redrive.objects.filter(state=RedriveState.RUNNING, **about).first()
    if under_way is not None and not which.chosen:
        return under_way
    if not items:
        raise NothingToRetry()
    job = Redrive.objects.create(**about, total=len(items))
    for item in items:
        item.redrive = job
    RedrivenItem.objects.bulk_create(items, batch_size=ROWS_AT_ONCE)
    record(redrive_fact(job, RedriveStarted), actor=actor)
    return job


@service
def redrive_part(job_ref: str, *, actor: Actor) -> datetime | None:
    """Start the next of the job, as many as whom they call bears; returns when to look again where none could be started."""
    job = lock_redrive(job_ref)
    if job is None or job.state != RedriveState.RUNNING:
        return None
    rows, until = _next(job)
    if until is not None:
        return until
    # Who pressed the button stands behind each of them, as if it had been pressed for that one.
    _start(rows, Actor.read(job.created_by) or actor)
    job.sent += len(rows)
    if job.sent >= job.total:
        job.state, job.finished_at = RedriveState.DONE, clock.now()
    job.save(update_fields=["sent", "state", "finished_at"])
    if job.state == RedriveState.RUNNING:
        record(redrive_fact(job, RedriveContinued), actor=actor)
    return None


def _next(job: Redrive) -> tuple[list[RedrivenItem], datetime | None]:
    """What may be started now; nothing: until when to wait."""
    waiting = job.items.filter(sent_at__isnull=True)
    places, found, quiet = _under_way(job), list[RedrivenItem](), list[datetime]()
    for kind, code in sorted(waiting.order_by().values_list("called_kind", "called").distinct()):
        until, most = _room(kind, code)
        room = most - places[kind, code]
        if until is not None or room <= 0:
            quiet.append(until or database_clock.now() + LOOK_AGAIN)
            continue
        found += waiting.filter(called_kind=kind, called=code).order_by("pk")[:room]
    if found or not quiet:
        return sorted(found, key=lambda item: item.pk)[:PART], None
    return [], min(quiet)


def _room(kind: str, code: str) -> tuple[datetime | None, int]:
    """Until when it is left alone, and how many may be under way; one that is being tried gets a single one."""
    now = database_clock.now()
    breakers = breakers_of(kind, code)
    until = [row.wait_until for row in breakers if row.wait_until and row.wait_until > now]
    until += [row.open_until for row in breakers if row.open_until and row.open_until > now]
    if until:
        return max(until), 0
    return None, 1 if any(row.open_until for row in breakers) else MOST_UNDER_WAY


def _under_way(job: Redrive) -> Counter[Whom]:
    """How many of those started have come to no end yet, by whom they call."""
    sent = job.items.filter(sent_at__isnull=False, passed_over=False).order_by()
    runs = StepRun.objects.filter(pk__in=sent.filter(run_id__isnull=False).values("run_id"))
    open_runs = runs.filter(state__spelled=[RunState.DUE]) | runs.filter(state__spelled=[RunState.RUNNING])
    # A delivery that failed again waits for hours by its schedule: it takes a place only until it was tried.
    pending = Delivery.objects.filter(state=DeliveryState.PENDING, attempts=0)
    untried = pending.filter(pk__in=sent.filter(delivery_id__isnull=False).values("delivery_id"))
    of_runs = sent.filter(run_id__in=open_runs.values("pk")).values_list("called_kind", "called")
    of_deliveries = sent.filter(delivery_id__in=untried.values("pk")).values_list("called_kind", "called")
    return Counter([*of_runs, *of_deliveries])


def _start(rows: Sequence[RedrivenItem], actor: Actor) -> None:
    now = clock.now()
    for row in rows:
        row.sent_at, row.passed_over = now, not _started(row, actor)
    RedrivenItem.objects.bulk_update(rows, ["sent_at", "passed_over"])


def _started(row: RedrivenItem, actor: Actor) -> bool:
    """False: it was started, settled or forgotten meanwhile."""
    if row.delivery_id is not None:
        return bool(replay_given_up(row.delivery_id, actor=actor))
    run_id = row.run_id or 0
    if not StepRun.objects.filter(pk=run_id, state=RunState.PARKED).exists():
        return False
    try:
        retry_run(run_id, actor)
    except (RunNotFound, RunNotRetryable):
        return False
    return True


@service
def stop_redrive(job_ref: str, *, actor: Actor) -> Redrive:
    """Start no more of it; what was started goes on. Twice is once. Raises RedriveNotFound."""
    job = lock_redrive(job_ref)
    if job is None:
        raise RedriveNotFound(job=job_ref)
    if job.state == RedriveState.RUNNING:
        job.state, job.finished_at = RedriveState.STOPPED, clock.now()
        job.save(update_fields=["state", "finished_at"])
    return job
