"""Business time, against the calendar on the wall."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.network.holidays import HolidaysUnknown, public_holidays
from apps.sla.arithmetic import BadHours, BusinessHours, NeverOpen, joined_up, parse_windows

OFFICE = ((540, 1020),)
WEEKDAYS = (OFFICE,) * 5 + ((), ())
LONDON = BusinessHours("Europe/London", WEEKDAYS)
ZONES = [
    "UTC",
    "Europe/London",
    "America/New_York",
    "America/Havana",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Africa/Casablanca",
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_clock_started_on_friday_evening_goes_on_on_monday():
    assert LONDON.add(utc("2026-11-20T16:30"), 60) == utc("2026-11-23T09:30")
    assert LONDON.between(utc("2026-11-20T16:30"), utc("2026-11-23T09:30")) == 3600


def test_a_clock_started_at_night_begins_when_the_place_opens():
    assert LONDON.add(utc("2026-11-19T03:00"), 30) == utc("2026-11-19T09:30")
    assert LONDON.add(utc("2026-11-19T03:00"), 0) == utc("2026-11-19T09:00")


def test_opening_hours_are_wall_clock_time_in_summer_too():
    assert LONDON.add(utc("2026-07-01T00:00"), 60) == utc("2026-07-01T09:00")


def test_the_hour_that_is_skipped_in_spring_is_not_counted():
    night = BusinessHours("Europe/London", (((0, 360),),) * 7)

    assert night.between(utc("2026-03-29T00:00"), utc("2026-03-30T00:00")) == 5 * 3600 + 3600
    # Sunday has five of its six hours; the sixth is taken from Monday's, which begin at 23:00 UTC.
    assert night.add(utc("2026-03-29T00:00"), 330) == utc("2026-03-29T23:30")


def test_the_hour_that_happens_twice_in_autumn_is_counted_twice():
    night = BusinessHours("Europe/London", (((0, 360),),) * 7)

    assert night.between(utc("2026-10-24T23:00"), utc("2026-10-25T12:00")) == 7 * 3600
    assert night.add(utc("2026-10-24T23:00"), 7 * 60) == utc("2026-10-25T06:00")


def test_a_cutoff_is_local_time_on_both_sides_of_the_change():
    daily = BusinessHours("Europe/London")

    assert daily.next_cutoff(utc("2026-10-24T12:00"), time(14)) == utc("2026-10-24T13:00")
    assert daily.next_cutoff(utc("2026-10-25T12:00"), time(14)) == utc("2026-10-25T14:00")
    assert daily.next_cutoff(utc("2026-10-25T14:00:01"), time(14)) == utc("2026-10-26T14:00")


def test_holidays_of_the_country_and_of_its_part_are_no_working_days():
    scotland = BusinessHours("Europe/London", WEEKDAYS, public_holidays("GB", "SCT"))
    england = BusinessHours("Europe/London", WEEKDAYS, public_holidays("GB", "ENG"))

    assert not scotland.is_working_day(date(2026, 11, 30))
    assert england.is_working_day(date(2026, 11, 30))
    assert england.add(utc("2026-12-24T16:00"), 120) == utc("2026-12-29T10:00")


def test_a_country_nobody_knows_holidays_of_is_refused():
    with pytest.raises(HolidaysUnknown, match="QQ"):
        public_holidays("QQ")
    with pytest.raises(HolidaysUnknown, match="GB-XX"):
        public_holidays("GB", "XX")


def test_a_calendar_that_is_never_open_says_so():
    closed = BusinessHours("UTC", ((),) * 7)

    with pytest.raises(NeverOpen):
        closed.add(utc("2026-01-01T00:00"), 1)
    assert closed.between(utc("2026-01-01T00:00"), utc("2026-02-01T00:00")) == 0


@pytest.mark.parametrize(
    "text", ["9-17", "17:00-09:00", "09:00-12:00 11:00-13:00", "09:60-10:00", "22:00-25:00", "soon"]
)
def test_hours_that_make_no_sense_are_refused(text: str):
    with pytest.raises(BadHours):
        parse_windows(text)


def test_hours_are_read_as_people_write_them():
    assert parse_windows("09:00-12:30, 13:00–17:00") == ((540, 750), (780, 1020))
    assert parse_windows("") == parse_windows("closed") == ()
    assert parse_windows("24h") == ((0, 1440),)
    assert parse_windows("18:00-24:00") == ((1080, 1440),)


@st.composite
def windows(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    edges = sorted(draw(st.lists(st.integers(0, 1440), min_size=0, max_size=6, unique=True)))
    return tuple((edges[n], edges[n + 1]) for n in range(0, len(edges) - 1, 2))


@st.composite
def calendars(draw: st.DrawFn) -> BusinessHours:
    week = draw(st.tuples(*[windows()] * 7))
    # One whole day, so that there is always somewhere to go on.
    week = (((0, 1440),), *week[1:])
    return BusinessHours(
        draw(st.sampled_from(ZONES)), week, draw(st.sampled_from([public_holidays(""), public_holidays("GB")]))
    )


moments = st.integers(1_767_225_600, 1_830_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))


@settings(max_examples=300, deadline=None)
@given(calendars(), moments, st.integers(0, 20_000))
def test_adding_minutes_and_counting_them_agree(hours: BusinessHours, start: datetime, minutes: int):
    end = hours.add(start, minutes)

    assert end >= start
    assert hours.between(start, end) == minutes * 60


@settings(max_examples=300, deadline=None)
@given(calendars(), moments, moments, moments)
def test_open_time_adds_up_and_is_never_longer_than_real_time(
    hours: BusinessHours, a: datetime, b: datetime, c: datetime
):
    a, b, c = sorted((a, b, c))

    assert hours.between(a, c) == hours.between(a, b) + hours.between(b, c)
    assert 0 <= hours.between(a, c) <= (c - a).total_seconds()
    assert hours.between(c, a) == -hours.between(a, c)


@settings(max_examples=200, deadline=None)
@given(calendars(), moments, moments, st.integers(0, 5_000))
def test_who_starts_later_is_due_no_earlier(hours: BusinessHours, a: datetime, b: datetime, minutes: int):
    first, second = sorted((a, b))

    assert hours.add(first, minutes) <= hours.add(second, minutes)
    assert hours.add(first, minutes) <= hours.add(first, minutes + 1)


@settings(max_examples=200, deadline=None)
@given(calendars(), moments)
def test_time_passes_exactly_while_the_place_is_open(hours: BusinessHours, moment: datetime):
    passed = hours.between(moment, moment + timedelta(seconds=1))

    assert passed == (1 if hours.is_open(moment) else 0)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ZONES), moments, st.integers(0, 100_000))
def test_a_place_that_never_closes_counts_every_second_whatever_its_clocks_do(zone: str, start: datetime, minutes: int):
    # A closing day in the far past keeps it from taking the short way.
    hours = BusinessHours(zone, closed=lambda day: day.year < 1900)

    assert hours.add(start, minutes) == start + timedelta(minutes=minutes)


stretches = st.lists(st.tuples(moments, st.integers(0, 400_000)), max_size=5).map(
    lambda found: [(since, since + timedelta(seconds=length)) for since, length in found]
)


@settings(max_examples=300, deadline=None)
@given(calendars(), moments, st.integers(0, 5_000), stretches)
def test_from_start_to_due_there_is_the_time_given_and_what_stood_still(
    hours: BusinessHours, start: datetime, minutes: int, stills: list[tuple[datetime, datetime]]
):
    found = hours.add_around(start, minutes * 60, stills)

    within = sum(
        hours.between(max(a, start), min(b, found.due)) for a, b in joined_up(stills) if a < found.due and b > start
    )
    assert hours.between(start, found.due) - within == pytest.approx(minutes * 60, abs=1e-3)
    assert found.due >= hours.add(start, minutes)
    assert found.stands_since is None


@settings(max_examples=200, deadline=None)
@given(calendars(), moments, st.integers(0, 5_000), stretches, st.randoms())
def test_stretches_count_the_same_in_any_order_in_parts_and_twice(
    hours: BusinessHours, start: datetime, minutes: int, stills: list[tuple[datetime, datetime]], random: Random
):
    parts = [part for a, b in stills for part in ((a, a + (b - a) / 2), (a + (b - a) / 2, b))] + stills
    random.shuffle(parts)

    assert hours.add_around(start, minutes * 60, parts).due == hours.add_around(start, minutes * 60, stills).due


@settings(max_examples=200, deadline=None)
@given(calendars(), moments, st.integers(1, 5_000), moments, st.integers(0, 400_000))
def test_what_stands_still_until_now_and_goes_on_now_is_due_when_it_said_it_would_be(
    hours: BusinessHours, start: datetime, minutes: int, since: datetime, length: int
):
    """Left while it stands, counted on from the moment it goes on, is what is counted around the finished stretch."""
    until = since + timedelta(seconds=length)
    standing = hours.add_around(start, minutes * 60, [(since, None)])
    over = hours.add_around(start, minutes * 60, [(since, until)])

    if standing.stands_since is None:
        assert over.due == standing.due
    else:
        assert hours.between(max(until, start), over.due) == pytest.approx(standing.left, abs=1e-3)
        assert standing.left <= minutes * 60


def test_a_stretch_that_begins_when_the_time_is_over_stops_nothing():
    hours, start = BusinessHours(), datetime(2026, 11, 16, 9, tzinfo=UTC)
    end = start + timedelta(hours=1)

    assert hours.add_around(start, 3600, [(end, None)]).stands_since is None
    assert hours.add_around(start, 3600, [(end - timedelta(seconds=1), None)]).left == 1
