"""The rows that are the queue: two workers never have the same run, and a worker that died has spent an attempt."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction

from apps.core import clock
from apps.orchestration import queue
from apps.orchestration.models import StepRun
from apps.orchestration.registry import STEPS
from apps.orchestration.step import Step
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
    assert queue.reclaim_lapsed() == 0

    with clock.moved(queue.LEASE + timedelta(seconds=1)):
        assert queue.reclaim_lapsed() == 1
        with transaction.atomic():
            (again,) = queue.claim(step, limit=1)

    assert (again.run_id, again.attempts) == (dues[0].run_id, 1)
    assert StepRun.objects.get(pk=again.run_id).attempts == 1
