"""One seam for time, chance and waiting: a simulation drives them, and is the same each time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from apps.core import clock
from apps.core.ids import new_id
from apps.core.randomness import seeded
from apps.orchestration.backoff import next_attempt

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_a_simulated_day_passes_by_waiting_and_takes_no_time() -> None:
    began = time.monotonic()
    with clock.simulated(START):
        since = clock.monotonic()
        clock.sleep(timedelta(days=1).total_seconds())

        assert clock.now() == START + timedelta(days=1)
        assert clock.monotonic() - since == 86_400

    assert time.monotonic() - began < 5
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_frozen_clock_still_lets_loops_that_measure_time_end() -> None:
    with clock.frozen(START):
        since = clock.monotonic()
        clock.sleep(0.01)

        assert clock.now() == START
        assert clock.monotonic() > since


def test_the_same_seed_gives_the_same_ids_and_the_same_spread_of_retries() -> None:
    def story() -> list[object]:
        with clock.simulated(START), seeded(7):
            return [new_id("ord"), new_id("ord"), next_attempt(3, now=clock.now())]

    assert story() == story()
    assert len(set(map(str, story()))) == 3


def test_without_a_seed_no_two_ids_are_alike() -> None:
    with clock.frozen(START):
        assert len({new_id("ord") for _ in range(1000)}) == 1000


def test_ids_of_later_moments_sort_behind_those_of_earlier_ones() -> None:
    with clock.simulated(START):
        first = new_id("ord")
        clock.sleep(0.002)

        assert new_id("ord") > first
