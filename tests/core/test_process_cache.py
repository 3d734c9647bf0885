"""What every request asks for is cached for a second."""

from collections.abc import Iterator

import pytest

from apps.core import process_cache
from apps.core.process_cache import clear_process_cache, get_or_load


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    moved = Clock()
    monkeypatch.setattr(process_cache, "clock", moved)
    clear_process_cache()
    yield moved
    clear_process_cache()


def test_within_a_second_nobody_asks_again(clock: Clock) -> None:
    assert get_or_load("key", "a", lambda: 1) == 1
    clock.now += 0.9
    assert get_or_load("key", "a", lambda: 2) == 1
    clock.now += 0.2
    assert get_or_load("key", "a", lambda: 3) == 3


def test_none_is_not_cached_and_drops_what_was(clock: Clock) -> None:
    assert get_or_load("key", "a", lambda: None) is None
    assert get_or_load("key", "a", lambda: 1) == 1
    clock.now += 1.01
    assert get_or_load("key", "a", lambda: None) is None
    assert get_or_load("key", "a", lambda: 2) == 2


def test_while_one_loads_again_the_others_get_the_old_value(clock: Clock) -> None:
    assert get_or_load("key", "a", lambda: 1) == 1
    clock.now += 1.01
    meanwhile: list[int] = []

    def ask() -> int:
        meanwhile.append(get_or_load("key", "a", lambda: 99))
        return 2

    assert get_or_load("key", "a", ask) == 2
    assert meanwhile == [1]
    assert get_or_load("key", "a", lambda: 99) == 2


def test_what_is_long_out_of_date_serves_nobody_while_one_asks(clock: Clock) -> None:
    assert get_or_load("key", "a", lambda: 1) == 1
    clock.now += 1.2
    meanwhile: list[int] = []

    def ask() -> int:
        meanwhile.append(get_or_load("key", "a", lambda: 3))
        return 2

    assert get_or_load("key", "a", ask) == 2
    assert meanwhile == [3]


def test_an_old_answer_is_not_put_off_twice_by_askers_that_fail(clock: Clock) -> None:
    assert get_or_load("key", "a", lambda: 1) == 1

    def fail() -> int:
        raise ConnectionError

    clock.now += 1.01
    with pytest.raises(ConnectionError):
        get_or_load("key", "a", fail)
    assert get_or_load("key", "a", fail) == 1
    clock.now += process_cache.GRACE_S + 0.01
    for _ in range(2):
        with pytest.raises(ConnectionError):
            get_or_load("key", "a", fail)
