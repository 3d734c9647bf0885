"""Regular expressions in documents: the harmless pass, those that can run away do not."""

from __future__ import annotations

import time

import pytest

from apps.channels.mapping.patterns import matches, safe_pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "^C", r"^\d{3}-\d{7}-\d{7}$", r"(?i)\bvip\b", r"^(POST|DOT|C2)$", r"^[A-Z]{2}\d+$", r"^(\d{1,3}\.){3}\d{1,3}$",
        r"^.*-x$", r"^(?:GB)?\d{9}$",
    ],
)  # fmt: skip
def test_accepts_the_patterns_people_write(pattern: str) -> None:
    assert safe_pattern(pattern).pattern == pattern


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$", r"(a*)*b", r"(a|aa)+$", r"(.*)*x", r"(\w+\s?)*$", r"(a?a?)+$", r"^(([a-z])+.)+[A-Z]([a-z])+$",
        r"(a{1,50}){1,50}$", r"((a{1,3}){60})$", r"(a)\1", r"(?=a+)b", r".*.*.*.*x", "[", "a" * 201, r"(?:a+){2,}",
        "a?" * 25 + "a" * 25, r"(a?){25}a{25}", r"(ab|a|b){20}c", r"(.?.?){9}x",
    ],
)  # fmt: skip
def test_refuses_a_pattern_that_could_run_away_or_is_none(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"pattern|expression"):
        safe_pattern(pattern)


def test_an_accepted_pattern_is_quick_on_the_worst_text_it_can_meet() -> None:
    pattern = safe_pattern(r"^a*a*a*b$")

    started = time.perf_counter()
    assert not matches(pattern, "a" * 5_000)

    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "pattern", [r".*.*x", r".*.*.*x", r"\s*\S+\s*$", r"(\d{1,3}\.){3}\d+x", r"(a|aa)(a|aa)(a|aa)a*b"]
)
def test_no_accepted_pattern_takes_seconds_on_a_hostile_text(pattern: str) -> None:
    compiled = safe_pattern(pattern)

    started = time.perf_counter()
    for letter in ("a", " ", "1."):
        matches(compiled, letter * 5_000)

    assert time.perf_counter() - started < 5
