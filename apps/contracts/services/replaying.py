"""Reading many quarantined messages again: a job of parts, each a transaction of its own. Killed at any point, it goes on with
what was not committed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apps.channels.errors import MessageNotFound, MessageNotReplayable
from apps.channels.models import Verdict
from apps.channels.services.replay import replay_message
from apps.contracts import events
from apps.contracts.errors import NothingToReplay, ReplayNotFound
from apps.contracts.models import ReplayedMessage, ReplayJob, ReplayState
from apps.contracts.selectors import ProblemKind, lock_replay, unsent
from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.advisory_locks import lock_name
from apps.core.outbox import record
from apps.core.transactions import service

PART = 100
ROWS_AT_ONCE = 5_000


@service
def start_replay(
    message_ids: Iterable[int], *, kind: ProblemKind | None = None, channel: str = "", actor: Actor
) -> ReplayJob:
    """Have these messages read again by the contracts as they are now; ``kind`` and ``channel`` say which they are. Where a job
    of the same person about the same is under way, it is that one. Raises NothingToReplay."""
    lock_name("contracts.replays")
    which = {
        "channel": kind.channel if kind else channel,
        "path": kind.path[:255] if kind else "",
        "problem": kind.problem[:500] if kind else "",
        "created_by": str(actor),
    }
    if under_way := ReplayJob.objects.filter(state=ReplayState.RUNNING, **which).first():
        return under_way
    rows = list(message_ids)
    if not rows:
        raise NothingToReplay()
    job = ReplayJob.objects.create(**which, total=len(rows))
    ReplayedMessage.objects.bulk_create(
        [ReplayedMessage(job=job, message_id=pk) for pk in rows], batch_size=ROWS_AT_ONCE
    )
    record(events.replay_fact(job, events.ReplayStarted), actor=actor)
    return job


@service
def replay_part(job_ref: str, *, actor: Actor) -> None:
    """Send the next messages of the job to be read, and call for the part after."""
    job = lock_replay(job_ref)
    if job is None or job.state != ReplayState.RUNNING:
        return
    rows = unsent(job, PART)
    # Who pressed the button stands behind each of them, as if it had been pressed for that one.
    _send(rows, Actor.read(job.created_by) or actor)
    job.sent += len(rows)
    if job.sent >= job.total or not rows:
        job.state, job.finished_at = ReplayState.DONE, clock.now()
    job.save(update_fields=["sent", "state", "finished_at"])
    if job.state == ReplayState.RUNNING:
        record(events.replay_fact(job, events.ReplayContinued), actor=actor)


def _send(rows: Sequence[ReplayedMessage], actor: Actor) -> None:
    now = clock.now()
    for row in sorted(rows, key=lambda row: row.message_id):
        row.sent_at = now
        if row.message.verdict == Verdict.WAITING:
            # Somebody else has sent it, and it is not read yet.
            row.passed_over = True
            continue
        try:
            replay_message(row.message.public_id, actor=actor)
        except (MessageNotReplayable, MessageNotFound):
            row.passed_over = True
    ReplayedMessage.objects.bulk_update(rows, ["sent_at", "passed_over"])


@service
def stop_replay(job_ref: str, *, actor: Actor) -> ReplayJob:
    """Send no more of it; what was sent is read. Twice is once. Raises ReplayNotFound."""
    job = lock_replay(job_ref)
    if job is None:
        raise ReplayNotFound(job=job_ref)
    if job.state == ReplayState.RUNNING:
        job.state, job.finished_at = ReplayState.STOPPED, clock.now()
        job.save(update_fields=["state", "finished_at"])
    return job
