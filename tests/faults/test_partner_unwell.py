"""Partners that fail, hang or ask for quiet (rows 17, 18, 19)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from apps.casework.models import ExceptionCase
from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.orchestration import runner
from apps.orchestration.models import StepRun
from apps.outbound.health import FREE_RETRIES, GOOD_PROBES
from apps.outbound.models import Breaker, CallLog
from orchestrator.sandbox import Sandbox
from tests.driving import work_it_off
from tests.factories import make_order
from tests.partnering import (
    fresh,
    in_a_while,
    keep,
    later,
    make_partner,
    operations,
    sandbox_held_to_the_invariants,
    submitted_order,
    taken,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


@pytest.fixture
def sandbox(transactional_db: None) -> Iterator[Sandbox]:
    yield from sandbox_held_to_the_invariants()


def asked(sandbox: Sandbox, partner: str) -> int:
    return sum(request["partner"] == partner for request in sandbox.three_pl.requests)


def test_a_third_of_failures_is_lived_through_without_adding_load(sandbox: Sandbox):
    make_partner(sandbox, stock={"A": 500})
    sandbox.misbehave("acme", "fail", rate=0.3)
    for _ in range(60):
        make_order()
    for second in range(0, 60, 12):
        later(second)
    first = {request["key"] for request in sandbox.three_pl.requests}
    added = len(sandbox.three_pl.requests) - len(first)
    # A slow run reaches into a second minute, which has free retries of its own, and a breaker that opens probes.
    assert added <= len(first) * 0.1 + 2 * (FREE_RETRIES + GOOD_PROBES)

    sandbox.misbehave("acme", "normal")
    for minute in range(1, 6):
        later(60 * minute)
    rows = FulfillmentOrder.objects.all()
    assert {row.request_state for row in rows} <= {"submitted", "outcome_unknown"}
    assert all(len(taken(sandbox, row)) <= 1 for row in rows)
    handled = rows.filter(request_state="submitted").count() + ExceptionCase.objects.count()
    assert handled == len(rows) == 60


def test_a_partner_that_is_down_is_left_alone_and_nothing_is_lost(sandbox: Sandbox):
    make_partner(sandbox, "acme", nodes=("P1",), stock={"A": 50})
    make_partner(sandbox, "beta", nodes=("P2",), stock={"B": 50})
    sandbox.misbehave("acme", "fail")
    for _ in range(12):
        make_order(lines={"A": 1})
    work_it_off()
    assert asked(sandbox, "acme") == 5
    make_order(lines={"B": 1})
    later(20)
    assert (asked(sandbox, "acme"), asked(sandbox, "beta")) == (5, 1)

    # An hour later it is still down: one probe each half minute, and nobody's attempts are spent by them.
    for minute in range(1, 11):
        later(60 * minute)
    assert asked(sandbox, "acme") <= 5 + 10
    assert not StepRun.objects.filter(state="parked").exists()
    sandbox.misbehave("acme", "normal")
    for minute in (11, 12, 13, 14):
        later(60 * minute)
    assert {row.request_state for row in FulfillmentOrder.objects.all()} == {"submitted"}
    assert Breaker.objects.get(counterpart="acme").open_until is None
    assert len(sandbox.three_pl.taken) == 13


def test_an_order_the_partner_breaks_on_is_given_up_after_four_attempts(sandbox: Sandbox):
    make_partner(sandbox, capabilities=["accept_reject"])
    sandbox.misbehave("acme", "fail")
    submitted_order()
    in_a_while()

    assert operations(sandbox) == ["submit"] * 4
    run = StepRun.objects.get(step="submit_to_partner")
    assert (run.state, run.error_code) == ("parked", "attempts_spent")
    assert ExceptionCase.objects.get().type == "dead_letter"


def test_a_partner_that_hangs_does_not_hold_up_the_others(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("apps.outbound.client.DEADLINE_S", 4.0)
    make_partner(sandbox, "acme", nodes=("P1",), stock={"A": 50})
    make_partner(sandbox, "beta", nodes=("P2",), stock={"B": 50})
    alone = timed(sandbox, {"B": 1})
    sandbox.misbehave("acme", "hang", seconds=30)
    beside = timed(sandbox, {"A": 1}, {"B": 1})

    # Had they waited for it, they would have waited for one deadline at least.
    assert beside < max(2 * alone, 3.5)


def timed(sandbox: Sandbox, *kinds: dict[str, int]) -> float:
    """Seconds until ten orders of the last kind are with their partner, while eight hands work all of them off."""
    for lines in kinds:
        for _ in range(10):
            make_order(lines=lines)
    work_it_off(partners=False)
    already, started, done = len(sandbox.three_pl.taken), time.monotonic(), threading.Event()

    def work() -> None:
        while not done.is_set():
            runner.drain("partners")
            done.wait(0.05)

    with ThreadPoolExecutor(8) as hands:
        jobs = [hands.submit(work) for _ in range(8)]
        while len(sandbox.three_pl.taken) < already + 10 and time.monotonic() < started + 20:
            time.sleep(0.01)
        took = time.monotonic() - started
        done.set()
        for job in jobs:
            job.result()
    return took


def test_a_hanging_partner_is_given_up_in_time(sandbox: Sandbox):
    make_partner(sandbox)
    sandbox.misbehave("acme", "hang", times=1, seconds=30)
    started = time.monotonic()
    _, row = submitted_order()

    assert time.monotonic() - started < 12
    call = CallLog.objects.get()
    assert (call.outcome, call.detail) == ("unknown", "timeout")
    assert call.took_ms <= 10_500
    later(30)
    assert fresh(row).request_state == "submitted"


def test_a_request_for_quiet_is_kept_and_the_breaker_untouched(sandbox: Sandbox):
    make_partner(sandbox, nodes=("P1",), stock={"A": 5})
    make_partner(sandbox, "beta", nodes=("P2",), stock={"B": 5})
    sandbox.misbehave("acme", "too_many", times=1, seconds=120)
    submitted_order(lines={"A": 1})
    make_order(lines={"A": 1})
    for second in (1, 30, 60, 90, 118):
        later(second)
    assert asked(sandbox, "acme") == 1

    breaker = Breaker.objects.get(counterpart="acme")
    assert (breaker.calls, breaker.failures, breaker.open_until) == (0, 0, None)
    later(125)
    assert asked(sandbox, "acme") == 3
    assert {one.request_state for one in FulfillmentOrder.objects.all()} == {"submitted"}
    assert StepRun.objects.filter(step="submit_to_partner", attempts__gt=1).count() == 0


def test_quiet_asked_at_one_node_holds_for_another_of_the_same_partner(sandbox: Sandbox):
    make_partner(sandbox, nodes=("P1", "P2"), stock={})
    keep("P1", {"A": 5})
    keep("P2", {"B": 5})
    sandbox.misbehave("acme", "too_many", times=1, seconds=120)
    submitted_order(lines={"A": 1})
    make_order(lines={"B": 1})
    later(60)
    assert asked(sandbox, "acme") == 1

    later(125)
    assert asked(sandbox, "acme") == 3


def test_quiet_without_a_time_or_for_ever_has_bounds(sandbox: Sandbox):
    make_partner(sandbox)
    sandbox.misbehave("acme", "too_many", times=1, seconds=10**8)
    submitted_order()

    assert Breaker.objects.get().wait_until <= clock.now() + timedelta(hours=1)
