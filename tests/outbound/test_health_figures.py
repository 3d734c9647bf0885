"""The breaker, the rate and the retry budget in figures: what a counterpart can rely on, and the value exactly at each limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from apps.outbound.health import (
    FULL_PURSE,
    RETRY_COSTS,
    TIMEOUT_COSTS,
    CallPermit,
    Health,
    Limits,
    Wait,
    ask,
    settle,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
FRESH = Health(NOW)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def let(
    health: Health, at: float = 0, *, extra: bool = False, cost: int = 0, limits: Limits | None = None
) -> CallPermit:
    answer = ask(health, after(at), extra=extra, cost=cost, **({"limits": limits} if limits else {}))
    assert isinstance(answer, CallPermit), answer
    return answer


def stopped(health: Health, at: float = 0, *, cost: int = 0, limits: Limits | None = None) -> tuple[float, bool]:
    """For how many seconds it has to wait, and whether because the counterpart is not well."""
    answer = ask(health, after(at), extra=False, cost=cost, **({"limits": limits} if limits else {}))
    assert isinstance(answer, Wait), answer
    return (answer.until - after(at)).total_seconds(), answer.sick


def ended(health: Health, went_well: bool | None, at: float = 0, **more: int) -> Health:
    """A call that begins and ends at that moment."""
    go = let(health, at)
    return settle(go.health, after(at), go, went_well=went_well, **more)


def sick() -> Health:
    health = FRESH
    for _ in range(5):
        health = ended(health, False)
    return health


def test_five_failures_in_a_row_shut_it_for_thirty_seconds():
    assert stopped(sick()) == (30, True)
    assert stopped(sick(), 29) == (1, True)
    assert let(sick(), 30).probe


def test_who_asked_for_quiet_has_it_up_to_that_moment():
    quiet = replace(FRESH, wait_until=after(7))

    assert stopped(quiet, 6) == (1, True)
    assert not let(quiet, 7).probe


def test_while_a_probe_is_out_others_look_again_in_a_second_or_when_its_time_is_over():
    probe = let(sick(), 30)

    assert probe.ends == after(42)
    assert stopped(probe.health, 31) == (1, True)
    assert stopped(probe.health, 41.5) == (0.5, True)
    assert let(probe.health, 42).probe, "whoever was to probe is gone"


def test_two_good_probes_open_it_with_nothing_held_against_it():
    once = ended(sick(), True, 30)
    assert (once.probes_passed, once.open_until) == (1, after(30))
    twice = ended(once, True, 31)

    assert twice == Health(after(31), retry_tokens=500, rate_until=twice.rate_until)
    assert not let(twice, 31).probe


def test_a_bad_probe_shuts_it_again_and_the_good_one_before_it_is_forgotten():
    again = ended(ended(sick(), True, 30), False, 31)

    assert (stopped(again, 31), again.probes_passed) == ((30, True), 0)
    once = ended(again, True, 61)
    assert let(once, 61).probe, "one good probe is not enough"
    assert ended(once, True, 62).open_until is None


def test_a_probe_that_says_nothing_of_its_health_has_passed():
    assert ended(sick(), None, 30).probes_passed == 1


def test_four_calls_at_once_and_the_fifth_waits_a_tenth_of_a_second_or_until_one_is_given_up():
    health = FRESH
    for _ in range(4):
        health = let(health).health

    assert stopped(health) == (0.1, False)
    assert stopped(health, 11.95) == (0.1, False)
    assert len(let(health, 12).health.under_way) == 1


def test_five_hundred_calls_in_a_burst_and_then_fifty_a_second():
    health = FRESH
    for _ in range(500):
        health = ended(health, True)

    assert stopped(health) == (0.02, False)
    health = ended(health, True, 0.02)
    assert stopped(health, 0.02) == (0.02, False)
    for _ in range(50):
        health = ended(health, True, 1.02)
    assert stopped(health, 1.02) == (0.02, False)


def test_a_slower_counterpart_is_called_more_slowly():
    slow = Limits(lasts=timedelta(seconds=30), at_once=9, per_second=2, burst=3)
    health = FRESH
    for _ in range(3):
        health = let(health, limits=slow).health

    assert stopped(health, limits=slow) == (0.5, False)
    assert let(health, 0.5, limits=slow).ends == after(30.5)
    assert let(health, 60, limits=slow).health.rate_until == after(60.5), "what was not used is not saved up"


# The retry budget


def test_a_hundred_retries_or_fifty_timeouts_empty_the_purse():
    assert (FULL_PURSE, FULL_PURSE // RETRY_COSTS, FULL_PURSE // TIMEOUT_COSTS) == (500, 100, 50)


@pytest.mark.parametrize(("tokens", "cost", "left"), [(500, 5, 495), (5, 5, 0), (7, 5, 2), (3, 0, 3)])
def test_a_retry_takes_its_tokens_as_long_as_there_are_enough(tokens: int, cost: int, left: int):
    go = let(replace(FRESH, retry_tokens=tokens), extra=True, cost=cost)

    assert (go.health.retry_tokens, go.health.retries) == (left, 1)


def test_with_one_token_too_few_it_waits_five_seconds_for_no_fault_of_the_counterpart():
    assert stopped(replace(FRESH, retry_tokens=4), cost=5) == (5, False)


def test_a_probe_may_always_go_and_leaves_no_debt():
    assert let(replace(sick(), retry_tokens=2), 30, cost=5).health.retry_tokens == 0


@pytest.mark.parametrize(
    ("before", "more", "tokens"),
    [(490, {}, 491), (500, {}, 500), (490, {"gain": 5}, 495), (498, {"gain": 5}, 500)],
)
def test_a_success_brings_a_token_or_what_its_retry_had_cost(before: int, more: dict[str, int], tokens: int):
    assert ended(replace(FRESH, retry_tokens=before), True, **more).retry_tokens == tokens


@pytest.mark.parametrize("how", [False, None])
def test_no_other_end_brings_any(how: bool | None):
    assert ended(replace(FRESH, retry_tokens=490), how).retry_tokens == 490


@pytest.mark.parametrize(("tokens", "then"), [(480, 490), (495, 500), (0, 10)])
def test_each_minute_begins_anew_and_brings_ten_tokens(tokens: int, then: int):
    busy = Health(NOW, calls=9, failures=4, failures_in_a_row=2, retries=3, retry_tokens=tokens)

    same, anew = let(busy, 59.99).health, let(busy, 60).health

    assert (same.calls, same.failures, same.retries, same.retry_tokens) == (9, 4, 3, tokens)
    assert (anew.calls, anew.failures, anew.retries, anew.retry_tokens) == (0, 0, 0, then)
    assert (anew.window_started_at, anew.failures_in_a_row) == (after(60), 2)


@pytest.mark.parametrize(
    ("calls", "failures", "retries", "may"),
    [
        # A tenth of its calls fail: three retries are free, and one for each ten calls that were none.
        (20, 2, 3, True),
        (20, 2, 4, False),
        (30, 3, 4, True),
        (30, 3, 5, False),
        (2, 1, 2, True),
        (2, 1, 3, False),
        (1, 1, 3, False),
        # Fewer fail: it is not struggling.
        (20, 1, 9, True),
        (19, 1, 9, True),
        (11, 1, 9, True),
        (10, 1, 9, False),
        (0, 0, 9, True),
    ],
)
def test_retries_add_no_more_than_a_tenth_to_the_load_of_one_that_struggles(
    calls: int, failures: int, retries: int, may: bool
):
    health = Health(NOW, calls=calls, failures=failures, retries=retries)

    assert isinstance(ask(health, NOW, extra=True, cost=5), CallPermit) is may


def test_a_call_that_was_given_up_and_ends_after_all_takes_no_other_calls_place():
    first = let(FRESH)
    second = let(first.health, 12)

    assert settle(second.health, after(12), first, went_well=True).under_way == (second.ends,)
