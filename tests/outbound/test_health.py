"""The circuit breaker and the retry budget, without a database."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from apps.outbound.health import (
    CALL_LASTS,
    MOST_AT_ONCE,
    OPEN_FOR,
    RETRY_COSTS,
    WINDOW,
    CallPermit,
    Health,
    Wait,
    ask,
    settle,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def call(health: Health, at: datetime, went_well: bool | None) -> Health:
    """One call that is let through and ends at once."""
    go = ask(health, at, extra=False, cost=0)
    assert isinstance(go, CallPermit)
    return settle(go.health, at, go, went_well=went_well)


def calls(health: Health, pattern: str, *, at: datetime = NOW) -> Health:
    """``+`` went well, ``-`` failed, ``.`` says nothing."""
    for mark in pattern:
        health = call(health, at, {"+": True, "-": False, ".": None}[mark])
    return health


def is_open(health: Health, at: datetime) -> bool:
    return isinstance(ask(health, at, extra=False, cost=0), Wait)


def test_opens_after_five_failures_in_a_row():
    assert not is_open(calls(Health(NOW), "----"), NOW)
    assert not is_open(calls(Health(NOW), "----+----"), NOW)
    assert is_open(calls(Health(NOW), "++++-----"), NOW)


def test_opens_when_half_of_ten_calls_failed():
    assert not is_open(calls(Health(NOW), "-+-+-+-+-"), NOW)
    assert is_open(calls(Health(NOW), "-+-+-+-++-"), NOW)
    assert not is_open(calls(Health(NOW), "-++-++-++-++"), NOW)


def test_refusals_and_requests_for_quiet_never_count():
    assert not is_open(calls(Health(NOW), "." * 100), NOW)
    assert is_open(calls(Health(NOW), "--.--.-"), NOW)


def test_a_new_window_forgets_old_failures():
    health = calls(Health(NOW), "-+-+-+-+-")

    assert not is_open(calls(health, "-", at=NOW + WINDOW), NOW + WINDOW)


def test_stays_shut_for_half_a_minute_and_then_lets_one_probe_through():
    health = calls(Health(NOW), "-----")
    assert is_open(health, NOW + OPEN_FOR - SECOND)

    probe = ask(health, NOW + OPEN_FOR, extra=False, cost=0)
    assert isinstance(probe, CallPermit)
    assert probe.probe
    waiting = ask(probe.health, NOW + OPEN_FOR, extra=False, cost=0)
    assert isinstance(waiting, Wait)
    # Whoever waits looks again soon: the probe's answer may come any moment.
    assert waiting.until <= NOW + OPEN_FOR + 2 * SECOND


def test_two_good_probes_close_it():
    after = NOW + OPEN_FOR
    health = call(calls(Health(NOW), "-----"), after, True)
    second = ask(health, after, extra=False, cost=0)
    assert isinstance(second, CallPermit)
    assert second.probe

    health = settle(second.health, after, second, went_well=True)
    third = ask(health, after, extra=False, cost=0)
    assert isinstance(third, CallPermit)
    assert not third.probe


def test_a_failed_probe_opens_it_for_as_long_again():
    after = NOW + OPEN_FOR
    health = call(call(calls(Health(NOW), "-----"), after, True), after, False)

    assert is_open(health, after + OPEN_FOR - SECOND)
    assert not is_open(health, after + OPEN_FOR)


def test_a_probe_whose_caller_died_is_replaced():
    after = NOW + OPEN_FOR
    probe = ask(calls(Health(NOW), "-----"), after, extra=False, cost=0)
    assert isinstance(probe, CallPermit)

    assert is_open(probe.health, after + CALL_LASTS - SECOND)
    assert not is_open(probe.health, after + CALL_LASTS)


def test_late_news_of_a_call_from_before_does_not_close_it():
    early = ask(Health(NOW), NOW, extra=False, cost=0)
    assert isinstance(early, CallPermit)
    health = settle(calls(early.health, "-----"), NOW, early, went_well=True)

    assert is_open(health, NOW)


def test_a_partner_that_hangs_holds_few_callers():
    health = Health(NOW)
    for _ in range(MOST_AT_ONCE):
        go = ask(health, NOW, extra=False, cost=0)
        assert isinstance(go, CallPermit)
        health = go.health

    assert isinstance(ask(health, NOW, extra=False, cost=0), Wait)
    # Callers that died take no place for ever.
    assert isinstance(ask(health, NOW + CALL_LASTS, extra=False, cost=0), CallPermit)


def test_a_request_for_quiet_is_kept_to_the_second():
    health = Health(NOW, wait_until=NOW + 120 * SECOND)

    waiting = ask(health, NOW + 119 * SECOND, extra=False, cost=0)
    assert isinstance(waiting, Wait)
    assert waiting.until == NOW + 120 * SECOND
    assert isinstance(ask(health, NOW + 120 * SECOND, extra=False, cost=0), CallPermit)


def test_an_empty_purse_stops_retries_and_nothing_else():
    health = Health(NOW, retry_tokens=RETRY_COSTS - 1)

    assert isinstance(ask(health, NOW, extra=True, cost=RETRY_COSTS), Wait)
    assert isinstance(ask(health, NOW, extra=False, cost=0), CallPermit)


def test_an_empty_purse_does_not_mean_never():
    health = Health(NOW, retry_tokens=0)

    assert isinstance(ask(health, NOW + WINDOW, extra=True, cost=RETRY_COSTS), CallPermit)


def test_a_retry_that_goes_well_brings_back_what_it_cost():
    go = ask(Health(NOW, retry_tokens=100), NOW, extra=True, cost=RETRY_COSTS)
    assert isinstance(go, CallPermit)
    assert go.health.retry_tokens == 100 - RETRY_COSTS

    assert settle(go.health, NOW, go, went_well=True, gain=RETRY_COSTS).retry_tokens == 100
    assert settle(go.health, NOW, go, went_well=False, gain=RETRY_COSTS).retry_tokens == 100 - RETRY_COSTS


def test_retries_add_at_most_a_tenth_to_the_load_of_a_struggling_partner():
    dice = random.Random(1)
    health, first_calls, retries = Health(NOW), 0, 0
    waiting = 0
    for number in range(3000):
        at = NOW + number * timedelta(milliseconds=20)
        for extra in (False, True) if waiting else (False,):
            go = ask(health, at, extra=extra, cost=RETRY_COSTS if extra else 0)
            if isinstance(go, Wait):
                continue
            failed = dice.random() < 0.3
            health = settle(go.health, at, go, went_well=not failed)
            first_calls, retries = first_calls + (not extra), retries + extra
            waiting += failed - extra

    assert first_calls > 1000
    # Three for nothing in each window, of which the minute here has at most three.
    assert 0 < retries <= first_calls * 0.1 + 9


def test_a_backlog_of_retries_is_worked_off_once_the_partner_is_well():
    health, at = Health(NOW, retry_tokens=RETRY_COSTS), NOW
    for _ in range(200):
        go = ask(health, at, extra=True, cost=RETRY_COSTS)
        assert isinstance(go, CallPermit)
        health = settle(go.health, at, go, went_well=True, gain=RETRY_COSTS)
