"""``Retry-After``, read one way for everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.outbound.retry_after import LONGEST, SHORTEST, UNSTATED, quiet_until

NOW = datetime(2026, 4, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "quiet"),
    [("120", timedelta(seconds=120)), ("2.0", timedelta(seconds=2)), ("0", SHORTEST), ("-5", SHORTEST), ("1e300", LONGEST),
     ("Fri, 10 Apr 2026 12:01:00 GMT", timedelta(seconds=60)), ("Fri, 10 Apr 2020 12:00:00 GMT", SHORTEST),
     ("Fri, 10 Apr 2026 12:01:00 -0000", timedelta(seconds=60)), ("Fri, 10 Apr 2099 12:00:00 GMT", LONGEST)],
)  # fmt: skip
@pytest.mark.parametrize("status", [429, 503])
def test_it_is_seconds_or_a_date_within_bounds(text: str, quiet: timedelta, status: int):
    assert quiet_until(status, {"retry-after": text}, NOW) == NOW + quiet


@pytest.mark.parametrize(
    ("rate", "quiet"),
    [
        ("0.0056", timedelta(seconds=1 / 0.0056)),
        ("5.0", SHORTEST),
        ("0", UNSTATED),
        ("many", UNSTATED),
        ("0.0001", LONGEST),
        ("1e-300", UNSTATED),
    ],
)
def test_a_rate_says_when_the_next_call_is_due(rate: str, quiet: timedelta):
    assert quiet_until(429, {"x-amzn-ratelimit-limit": rate}, NOW) == NOW + quiet
    assert quiet_until(429, {"x-amzn-ratelimit-limit": rate, "retry-after": "7"}, NOW) == NOW + timedelta(seconds=7)
    assert quiet_until(503, {"x-amzn-ratelimit-limit": rate}, NOW) is None


@pytest.mark.parametrize("text", ["", "soon", "nan", "12 minutes"])
def test_what_can_not_be_read_counts_only_where_quiet_is_asked_for_anyway(text: str):
    assert quiet_until(429, {"retry-after": text}, NOW) == NOW + UNSTATED
    assert quiet_until(503, {"retry-after": text}, NOW) is None


@pytest.mark.parametrize("status", [200, 302, 404])
def test_whoever_answers_the_question_asks_for_no_quiet(status: int):
    assert quiet_until(status, {"retry-after": "120"}, NOW) is None


def test_how_long_it_may_ask_for_depends_on_who_asks():
    day = timedelta(days=1)

    assert quiet_until(429, {"retry-after": "99999999"}, NOW, longest=day) == NOW + day
