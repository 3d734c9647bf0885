"""Fault 29: clocks change, clocks are wrong, many workers look. Deadlines stay right, and each clock fires once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection

from apps.core import clock
from apps.core.actor import SYSTEM
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import pick_fulfillment_order
from apps.network.models import Node
from apps.sla.models import SlaTimer
from apps.sla.rules import Rule
from apps.sla.services import fire_due
from tests.driving import work_it_off
from tests.factories import AGENT, NodeFactory, make_order, make_policy, make_stock
from tests.sla.timing import fire, hold_policy, in_minutes, released_order, timer_of, told

PICK = Rule("pick_start", "pick", minutes=60, warn_percent=0)
SKEW = timedelta(minutes=10)
WORKERS = 6


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("now", "due"),
    [
        # The night the clocks go forward, and the one they go back: 14:00 in Leeds is another moment in UTC.
        ("2026-03-28T15:00", "2026-03-29T13:00"),
        ("2026-10-24T15:00", "2026-10-25T14:00"),
        ("2026-10-25T13:59", "2026-10-25T14:00"),
    ],
)
def test_a_cutoff_is_where_the_wall_clock_of_the_node_says(now: str, due: str):
    NodeFactory(code="leeds", time_zone="Europe/London", cutoff=time(14))
    hold_policy(Rule("ship", by="cutoff", minutes=0, calendar="node"), Rule("ship"))

    with clock.frozen(datetime.fromisoformat(now).replace(tzinfo=UTC)):
        released_order()

    assert timer_of("ship").due_at == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.django_db
def test_hours_counted_over_the_night_of_the_change_are_real_hours():
    hold_policy(Rule("ship", minutes=24 * 60))

    with clock.frozen(datetime(2026, 10, 24, 20, tzinfo=UTC)):
        released_order()

    assert timer_of("ship").due_at == datetime(2026, 10, 25, 20, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize("skew", [SKEW, -SKEW], ids=["ten minutes fast", "ten minutes slow"])
def test_a_worker_with_a_wrong_clock_fires_nothing_early_and_nothing_late(
    skew: timedelta, monkeypatch: pytest.MonkeyPatch
):
    hold_policy(PICK)
    released_order()
    now = datetime.now(UTC)

    monkeypatch.setattr(clock, "_SKEW", skew)
    _due_in(now + timedelta(minutes=5))
    fire_due(actor=SYSTEM)
    assert told("sla.breached") == []

    _due_in(now - timedelta(minutes=1))
    fire_due(actor=SYSTEM)
    fire_due(actor=SYSTEM)
    assert len(told("sla.breached")) == 1


def _due_in(moment: datetime) -> None:
    SlaTimer.objects.update(due_at=moment, next_at=moment)


@pytest.mark.django_db(transaction=True)
def test_many_workers_fire_each_clock_once():
    hold_policy(PICK)
    make_policy()
    make_stock(leeds={"A": 500})
    for _ in range(60):
        make_order()
    work_it_off()
    assert SlaTimer.objects.count() == 60

    _at_once(lambda: [fire_due(7, at=in_minutes(61), actor=SYSTEM) for _ in range(20)])

    fired = [event.subject_id for event in told("sla.breached")]
    assert len(fired) == len(set(fired)) == 60


@pytest.mark.django_db(transaction=True)
def test_a_clock_fired_while_its_stage_ends_is_told_or_met_but_never_both():
    hold_policy(PICK)
    make_policy()
    make_stock(leeds={"A": 500})
    for _ in range(24):
        make_order()
    work_it_off()
    goods = list(FulfillmentOrder.objects.values_list("pk", flat=True))
    barrier = threading.Barrier(2)

    def pick() -> None:
        barrier.wait()
        for pk in goods:
            pick_fulfillment_order(pk, actor=AGENT)
        work_it_off()

    def look() -> None:
        barrier.wait()
        for _ in range(60):
            fire_due(3, at=in_minutes(61), actor=SYSTEM)

    _together(pick, look)
    fire(in_minutes(61))

    breached = {event.subject_id for event in told("sla.breached")}
    assert len(told("sla.breached")) == len(breached)
    timers = {timer.pk: timer for timer in SlaTimer.objects.filter(stage="pick_start")}
    assert {pk for pk, timer in timers.items() if timer.breached_at is not None} == breached
    assert all(timer.stopped_at is not None and timer.next_at is None for timer in timers.values())
    assert Node.objects.count() == 1


def _at_once(work: object) -> None:
    _together(*[work] * WORKERS)


def _together(*works: object) -> None:
    """Each on a thread and a connection of its own; a failure of one is this test's."""
    failures: list[BaseException] = []

    def run(work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
