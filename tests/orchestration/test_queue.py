"""The rows that are the queue: two workers never have the same run, and a worker that died has spent an attempt."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction

from apps.core import clock
from apps.core.models import Event
from apps.orchestration import queue
from apps.orchestration.models import StepRun
from apps.orchestration.registry import STEPS
from apps.orchestration.step import Due, Step
from tests.factories import ChannelFactory, make_order

pytestmark = pytest.mark.django_db(transaction=True)


def a_step() -> Step:
    return STEPS["validate_order"]


def test_two_workers_that_claim_at_once_get_different_runs():
    ChannelFactory()
    for _ in range(4):
        make_order()
    step, theirs, both, done = a_step(), [], threading.Barrier(2, timeout=10), threading.Event()

    def other() -> None:
        with transaction.atomic():
            theirs.extend(due.run_id for due in queue.claim(step, limit=2))
            both.wait()
            done.wait(10)
        connections.close_all()

    worker = threading.Thread(target=other)
    worker.start()
    both.wait()
    with transaction.atomic():
        mine = [due.run_id for due in queue.claim(step, limit=4)]
    done.set()
    worker.join()

    assert (len(theirs), len(mine)) == (2, 2)
    assert not set(mine) & set(theirs)


def test_a_run_whose_worker_died_under_its_lease_has_spent_an_attempt():
    ChannelFactory()
    make_order()
    step = a_step()
    with transaction.atomic():
        dues = queue.claim(step, limit=1)
        queue.lease(dues)
    assert queue.reclaim_expired_leases() == 0

    with clock.moved(queue.LEASE + timedelta(seconds=1)):
        assert queue.reclaim_expired_leases() == 1
        with transaction.atomic():
            (again,) = queue.claim(step, limit=1)

    assert (again.run_id, again.attempts) == (dues[0].run_id, 1)
    assert StepRun.objects.get(pk=again.run_id).attempts == 1


def runs(count: int = 1) -> list[int]:
    """So many due runs of the step, oldest first."""
    ChannelFactory()
    for _ in range(count):
        make_order()
    return list(StepRun.objects.filter(step=a_step().name).order_by("pk").values_list("pk", flat=True))


def claimed(limit: int = 9) -> list[Due]:
    with transaction.atomic():
        return queue.claim(a_step(), limit=limit)


def test_the_oldest_due_runs_are_claimed_first_and_no_more_than_asked():
    first, second, third = runs(3)
    StepRun.objects.filter(pk=third).update(due_at=clock.now() - timedelta(hours=1))

    assert [due.run_id for due in claimed(2)] == [third, first]
    assert [due.run_id for due in claimed()] == [third, first, second]


def test_a_claimed_run_comes_with_the_event_it_follows():
    [run] = runs()
    event = Event.objects.get(pk=StepRun.objects.get(pk=run).event_id)

    [due] = claimed()

    assert (due.run_id, due.event_id, due.name, due.attempts) == (run, event.pk, event.name, 0)
    assert (due.subject_id, due.subject_ref, due.stream) == (event.subject_id, event.subject_ref, event.stream)
    assert (due.stored, due.correlation_id, due.recorded_at) == (event.data, event.correlation_id, event.recorded_at)


def test_what_is_not_due_yet_is_neither_claimed_nor_counted():
    [run] = runs()
    at = clock.now() + timedelta(minutes=5)
    StepRun.objects.filter(pk=run).update(due_at=at)
    assert (claimed(), queue.steps_with_work([a_step().name]), queue.is_behind([a_step().name])) == ([], set(), False)

    with clock.frozen(at):
        assert [due.run_id for due in claimed()] == [run]
        assert queue.steps_with_work([a_step().name, "nothing"]) == {a_step().name}


def test_a_finished_run_is_finished_once_and_never_claimed_again():
    [run] = runs()
    dues = claimed()

    queue.finish(dues)
    at = StepRun.objects.get(pk=run).finished_at
    with clock.moved(timedelta(minutes=1)):
        queue.finish(dues)

    row = StepRun.objects.get(pk=run)
    assert (row.state, row.finished_at, row.leased_until) == ("done", at, None)
    assert claimed() == []


def test_a_run_to_be_tried_again_waits_until_then_and_says_why():
    [run] = runs()
    [due] = claimed()
    at = clock.now() + timedelta(minutes=2)
    with transaction.atomic():
        queue.lease([due])

    queue.try_again(due, at=at, attempts=3, error="e" * 3000, code="away")

    row = StepRun.objects.get(pk=run)
    assert (row.state, row.due_at, row.leased_until) == ("due", at, None)
    assert (row.attempts, row.last_error, row.error_code) == (3, "e" * 2000, "away")


def test_a_parked_run_is_nobodys_until_a_person_says_otherwise():
    [run] = runs()
    [due] = claimed()

    queue.park(due, attempts=8, error="e" * 3000, code="refused")

    row = StepRun.objects.get(pk=run)
    assert (row.state, row.attempts, row.last_error, row.error_code) == ("parked", 8, "e" * 2000, "refused")
    assert row.finished_at is not None
    with clock.moved(timedelta(days=9)):
        assert claimed() == []


def test_a_lease_holds_for_its_time_and_not_longer():
    runs()
    dues, at = claimed(), clock.now()
    with clock.frozen(at), transaction.atomic():
        queue.lease(dues)
    assert claimed() == []

    with clock.frozen(at + timedelta(seconds=44.5)):
        assert queue.reclaim_expired_leases() == 0
    with clock.frozen(at + timedelta(seconds=45.5)):
        assert queue.reclaim_expired_leases() == 1
        assert [due.attempts for due in claimed()] == [1]


def test_one_worker_is_behind_when_four_hundred_runs_are_due_or_one_has_waited():
    [run] = runs()
    name = a_step().name
    assert not queue.is_behind([name])

    at = clock.now()
    StepRun.objects.filter(pk=run).update(due_at=at)
    for waited, behind in ((1.4, False), (1.6, True)):
        with clock.frozen(at + timedelta(seconds=waited)):
            assert queue.is_behind([name]) == behind
    StepRun.objects.filter(pk=run).update(due_at=clock.now() - timedelta(seconds=2))
    assert not queue.is_behind(["another_step"])

    at = clock.now()
    StepRun.objects.filter(pk=run).update(due_at=at)
    event = StepRun.objects.get(pk=run).event_id
    StepRun.objects.bulk_create(
        [StepRun(event_id=-number, step=name, subject_id=1, due_at=at) for number in range(1, 399)]
    )
    with clock.frozen(at):
        assert not queue.is_behind([name])
        StepRun.objects.create(event_id=-999, step=name, subject_id=1, due_at=at)
        assert queue.is_behind([name])
    StepRun.objects.exclude(event_id=event).delete()


def test_the_oldest_due_run_says_since_when_work_waits():
    assert queue.oldest_due() is None
    first, _ = runs(2)
    at = clock.now() - timedelta(minutes=3)
    StepRun.objects.filter(pk=first).update(due_at=at)

    assert queue.oldest_due() == at


def test_a_lane_is_one_sessions_alone_until_it_gives_it_back():
    answers: list[object] = []

    def other() -> None:
        answers.append(queue.is_mine_alone("steps"))
        if answers[-1]:
            queue.give_back("steps")
        connections.close_all()

    assert queue.is_mine_alone("steps")
    for free in (False, True):
        if free:
            queue.give_back("steps")
        worker = threading.Thread(target=other)
        worker.start()
        worker.join(10)

    assert answers == [False, True]
