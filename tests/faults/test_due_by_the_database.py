"""A worker whose clock is wrong by ten minutes: nothing rings, wakes, expires or is done early, and nothing late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from apps.casework.approvals.proposing import expire_due
from apps.casework.models import ApprovalRequest, ExceptionCase
from apps.casework.services import escalate_due, wait_case, wake_due
from apps.core import clock, database_clock
from apps.core.actor import SYSTEM
from apps.orchestration import housekeeping, queue
from apps.orchestration.models import StepRun
from apps.orders.models import Hold
from apps.orders.services import place_hold
from tests.casework.approvals.people import person, policy, proposal
from tests.casework.cases import make_case, make_queue, make_rule
from tests.factories import AGENT, make_order
from tests.sla.timing import released_order

pytestmark = pytest.mark.django_db
SKEW = timedelta(minutes=10)
Set = Callable[[datetime], None]


@pytest.fixture(params=[SKEW, -SKEW], ids=["ten minutes fast", "ten minutes slow"])
def wrong(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes this process's clock wrong from now on."""
    return lambda: monkeypatch.setattr(clock, "_SKEW", request.param)


def _in(minutes: float) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


def _alert() -> tuple[Set, Callable[[], bool]]:
    make_rule(make_queue("desk", ringing=True))
    case = make_case()
    rows = ExceptionCase.objects.filter(pk=case.pk)
    return lambda at: rows.update(next_escalation_at=at), lambda: bool(escalate_due())  # type: ignore[return-value]


def _snooze() -> tuple[Set, Callable[[], bool]]:
    case = make_case()
    wait_case(case.pk, on="time", until=_in(30), actor=SYSTEM)
    rows = ExceptionCase.objects.filter(pk=case.pk)
    return lambda at: rows.update(wait_until=at), lambda: bool(wake_due())  # type: ignore[return-value]


def _expiry() -> tuple[Set, Callable[[], bool]]:
    policy()
    row = proposal(person("lead"))
    rows = ApprovalRequest.objects.filter(pk=row.pk)
    return lambda at: rows.update(expires_at=at), lambda: bool(expire_due())  # type: ignore[return-value]


def _hold() -> tuple[Set, Callable[[], bool]]:
    order = make_order()
    place_hold(order.pk, reason="manual", actor=AGENT)
    rows = Hold.objects.filter(order=order)

    def released() -> bool:
        housekeeping.expire()
        return not rows.filter(released_at__isnull=True).exists()

    return lambda at: rows.update(expires_at=at), released  # type: ignore[return-value]


def _step() -> tuple[Set, Callable[[], bool]]:
    make_order()
    return lambda at: StepRun.objects.update(due_at=at), lambda: bool(queue.steps_with_work(["validate_order"]))  # type: ignore[return-value]


@pytest.mark.parametrize("what", [_alert, _snooze, _expiry, _hold, _step])
def test_what_is_due_in_five_minutes_is_left_and_what_was_due_a_minute_ago_is_done(
    what: Callable[[], tuple[Set, Callable[[], bool]]], wrong: Callable[[], None]
) -> None:
    due_at, done = what()
    wrong()

    due_at(_in(5))
    assert not done()
    due_at(_in(-1))
    assert done()


def test_work_recorded_by_a_process_that_runs_fast_is_due_at_once(wrong: Callable[[], None]) -> None:
    wrong()

    assert released_order().state == "released"


def test_the_shared_clock_is_the_databases_and_follows_a_clock_that_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    for skew in (timedelta(0), SKEW, -SKEW, timedelta(days=400)):
        monkeypatch.setattr(clock, "_SKEW", skew)
        assert abs(database_clock.now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_tests_that_move_or_freeze_time_move_the_shared_clock_too() -> None:
    with clock.moved(timedelta(days=3)):
        assert abs(database_clock.now() - _in(3 * 24 * 60)) < timedelta(seconds=2)
    with clock.frozen(datetime(2026, 1, 1, tzinfo=UTC)):
        assert database_clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
