"""The step runner: claim a batch, do it, write down how it went.

A ``DomainError`` is a refusal: never retried, the run parks and a case asks a person. Anything else is a fault: logged,
retried with backoff, parked when its attempts are spent. In a failed batch the good ones still go through, one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.db import transaction

from apps.core import clock, database_clock
from apps.core.context import Cause, acting_as, caused_by
from apps.core.errors import DomainError
from apps.core.text import Text
from apps.core.transactions import in_transaction
from apps.orchestration import queue, worker_wakeup
from apps.orchestration.backoff import next_attempt
from apps.orchestration.dead_letters import report_parked
from apps.orchestration.registry import made_due, steps_of_lane
from apps.orchestration.step import Due, Lane, Step, TryLater
from apps.outbound import deadlines

log = structlog.get_logger(__name__)
LONGEST_SHIFT_S = 20.0
# Of a lease, for writing down how it went.
MARGIN = timedelta(seconds=5)


def drain(lane: Lane, *, gather_s: float = 0.0, linger: bool = False) -> int:
    """Work until nothing is due in the lane, or the shift is over; returns how many runs were handled.

    ``gather_s``: how long to let work gather after a sweep that filled no batch. A batch of thirty costs little more
    than a batch of three, so waiting half a second saves most of the CPU. While the work is little and
    fresh, one worker does it: sharing it would only halve the batches. ``linger``: also where nothing was found at
    first, because no further wake-up is sent for a while after one (worker_wakeup.PAUSE_S).
    """
    steps = steps_of_lane(lane)
    alone = bool(gather_s) and queue.is_mine_alone(lane)
    if gather_s and not alone and not queue.is_behind([step.name for step in steps]):
        return 0
    until, handled, waited = clock.monotonic() + LONGEST_SHIFT_S, 0, not linger
    queue.reclaim_expired_leases()
    try:
        while clock.monotonic() < until:
            done, full = _sweep(steps)
            handled += done
            if not done and (waited or not gather_s):
                break
            waited = not done
            if gather_s and not full:
                clock.sleep(gather_s)
        else:
            worker_wakeup.wake_workers(lane)
    finally:
        if alone:
            queue.give_back(lane)
    return handled


def _sweep(steps: Sequence[Step]) -> tuple[int, bool]:
    """One batch of every step, in order of urgency, so that an order goes through all of them in one sweep.

    The database is asked once what there is; what a step makes due for those after it is known here. Work of others that
    falls due meanwhile is the next sweep's. Returns how many runs were handled, and whether a batch was full.
    """
    waiting, done, full = queue.steps_with_work([step.name for step in steps]), 0, False
    with made_due() as fresh:
        for step in steps:
            if step.name in waiting or step.name in fresh:
                count = run_batch(step)
                done += count
                for _ in range(1, step.rounds if count else 0):
                    done += run_batch(step)
                full = full or (step.batch > 1 and count >= step.batch)
    return done, full


def run_batch(step: Step) -> int:
    """Handle one batch of the step's due runs; returns how many there were."""
    return _run_outside(step) if step.lane == "partners" else _run_inside(step)


def _run_inside(step: Step) -> int:
    """The row locks are the lease: if this process dies, PostgreSQL gives them back at once."""
    count = 0

    def work() -> int:
        nonlocal count
        dues = queue.claim(step, limit=step.batch)
        count = len(dues)
        if dues:
            _do(step, dues)
            queue.finish(dues)
        return count

    try:
        return in_transaction(work)
    except Exception as error:
        if count <= 1 and not isinstance(error, TryLater):
            log.warning("step_failed", step=step.name, error=repr(error)[:300])
        return _one_by_one(step, count)


def _one_by_one(step: Step, count: int) -> int:
    """After a batch failed and was rolled back: each run alone, so that one failure does not stop the others."""
    for _ in range(count):
        with transaction.atomic():
            dues = queue.claim(step, limit=1)
            if not dues:
                break
            try:
                with transaction.atomic():
                    _do(step, dues)
                queue.finish(dues)
            except Exception as error:
                _settle_failure(step, dues[0], error)
    return count


def _run_outside(step: Step) -> int:
    """Claim under a lease, commit, do the slow thing outside any transaction, write down how it went."""
    with transaction.atomic():
        dues = queue.claim(step, limit=1)
        if not dues:
            return 0
        queue.lease(dues)
    due = dues[0]
    try:
        # Somebody else may take it up when the lease is over, so whatever is called has answered or been cut off by then.
        with deadlines.within((queue.LEASE - MARGIN).total_seconds()):
            _do(step, dues)
    except Exception as error:
        with transaction.atomic():
            _settle_failure(step, due, error)
    else:
        queue.finish(dues)
    return 1


def _do(step: Step, dues: Sequence[Due]) -> None:
    followed = {due.name for due in dues}
    why = followed.pop() if len(followed) == 1 else ""
    causes = {due.stream: Cause(due.event_id, due.correlation_id) for due in dues}
    with caused_by(causes), acting_as(step.actor, why):
        step.do(dues, step.actor)


def _settle_failure(step: Step, due: Due, error: Exception) -> None:
    attempts = due.attempts + 1
    if isinstance(error, TryLater):
        queue.try_again(due, at=error.at, attempts=due.attempts, error=str(error))
    elif isinstance(error, DomainError):
        queue.park(due, attempts=attempts, error=error.sentence, code=error.code)
        report_parked(step, due, code=error.code, sentence=error.sentence)
    elif attempts >= step.attempts:
        queue.park(due, attempts=attempts, error=repr(error), code="attempts_spent")
        report_parked(
            step,
            due,
            code="attempts_spent",
            sentence=Text("{error} after {attempts} attempts.", error=type(error).__name__, attempts=attempts),
        )
        log.error("step_parked", step=step.name, run=due.run_id, error=repr(error)[:300])
    else:
        queue.try_again(due, at=next_attempt(attempts, now=database_clock.now()), attempts=attempts, error=repr(error))
        log.warning("step_will_retry", step=step.name, run=due.run_id, attempts=attempts, error=repr(error)[:300])
