"""Business time at its edges: the minute before, the minute itself, and the one after."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from apps.sla.arithmetic import BadHours, BusinessHours, ClockReading, NeverOpen, joined_up, parse_windows

OFFICE = ((540, 1020),)
WEEKDAYS = (OFFICE,) * 5 + ((), ())
LONDON = BusinessHours("Europe/London", WEEKDAYS)
ALWAYS = BusinessHours()
MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hour(count: float) -> datetime:
    return MONDAY + count * HOUR


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("09:59-10:59", ((599, 659),)),
        ("00:00-24:00", ((0, 1440),)),
        ("00:00-00:01", ((0, 1),)),
        ("09:00-12:00 12:00-13:00", ((540, 720), (720, 780))),
        ("9:05-9:06", ((545, 546),)),
        (" OPEN ", ((0, 1440),)),
        ("Closed", ()),
    ],
)
def test_hours_up_to_their_last_minute_are_read(text: str, windows: tuple[tuple[int, int], ...]):
    assert parse_windows(text) == windows


@pytest.mark.parametrize(
    "text",
    ["09:60-10:30", "09:00-10:60", "23:00-24:01", "09:00-09:00", "09:00-12:00 11:59-13:00", "09:00-10:00 later"],
)
def test_hours_a_minute_beyond_are_refused(text: str):
    with pytest.raises(BadHours):
        parse_windows(text)


def test_a_place_is_open_from_its_first_moment_up_to_its_last():
    assert [LONDON.is_open(hour(at)) for at in (-0.01, 0, 7.99, 8)] == [False, True, True, False]


def test_hours_that_begin_and_end_within_an_hour_are_counted_to_the_minute():
    odd = BusinessHours("UTC", (((599, 659),),) * 7)

    assert odd.add(MONDAY, 0) == hour(59 / 60)
    assert odd.add(MONDAY, 60) == hour(119 / 60)
    assert odd.between(MONDAY, hour(24)) == 3600


def test_what_never_works_has_no_next_cutoff_and_never_opens():
    closed = BusinessHours("UTC", ((),) * 7)
    holidays = BusinessHours("UTC", WEEKDAYS, lambda day: True)

    for never in (closed, holidays):
        with pytest.raises(NeverOpen):
            never.next_cutoff(MONDAY, time(14))
        assert not never.ever_opens(MONDAY)
    assert LONDON.ever_opens(MONDAY)
    assert ALWAYS.ever_opens(MONDAY)


def test_a_week_of_seven_whole_days_without_holidays_is_always_open():
    assert ALWAYS.always
    assert not LONDON.always
    assert not BusinessHours(closed=lambda day: False).always
    assert ALWAYS.add_seconds(MONDAY, -5) == MONDAY


def test_a_cutoff_is_still_met_in_its_own_minute_and_not_on_a_day_off():
    assert LONDON.next_cutoff(hour(5), time(14)) == hour(5)
    assert LONDON.next_cutoff(hour(5) + timedelta(seconds=1), time(14, 30)) == hour(5.5)
    friday = MONDAY + timedelta(days=4, hours=6)
    assert LONDON.next_cutoff(friday, time(14)) == hour(7 * 24 + 5)


def test_a_cutoff_in_the_hour_that_happens_twice_is_the_second_one():
    daily = BusinessHours("Europe/London")

    assert daily.next_cutoff(datetime(2026, 10, 24, 23, tzinfo=UTC), time(1, 30)) == datetime(
        2026, 10, 25, 1, 30, tzinfo=UTC
    )


def test_time_that_ends_with_the_day_ends_there_and_not_on_the_next():
    assert LONDON.add_seconds(hour(7), 3600) == hour(8)
    assert LONDON.add_seconds(hour(7), 3601) == hour(24) + timedelta(seconds=1)
    assert LONDON.between(hour(7), hour(24)) == 3600
    assert LONDON.between(hour(24), hour(7)) == -3600
    assert LONDON.between(hour(8), hour(24)) == 0


def test_an_office_that_spans_the_hour_that_happens_twice_is_open_through_both():
    # Two windows that meet inside the hour that is repeated: together they last as long as one would.
    halves = BusinessHours("Europe/London", (((0, 90), (90, 360)),) * 7)
    whole = BusinessHours("Europe/London", (((0, 360),),) * 7)
    start, end = datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)

    assert halves.between(start, end) == whole.between(start, end) == 7 * 3600


def test_a_window_that_lies_in_the_hour_that_is_skipped_is_none():
    night = BusinessHours("Europe/London", (((60, 120),),) * 7)
    day = datetime(2026, 3, 29, tzinfo=UTC)

    assert night.between(day - HOUR, day + 6 * HOUR) == 0
    assert night.is_working_day(date(2026, 3, 29))


def test_stretches_are_joined_where_they_meet_and_end_with_the_last_of_them():
    assert joined_up([(hour(3), hour(4)), (hour(1), hour(3))]) == [(hour(1), hour(4))]
    assert joined_up([(hour(1), hour(2)), (hour(3), hour(4))]) == [(hour(1), hour(2)), (hour(3), hour(4))]
    assert joined_up([(hour(1), hour(5)), (hour(2), hour(3))]) == [(hour(1), hour(5))]
    assert joined_up([(hour(1), hour(2)), (hour(3), hour(4)), (hour(4), hour(6))]) == [
        (hour(1), hour(2)),
        (hour(3), hour(6)),
    ]


def test_a_stretch_within_the_second_of_two_does_not_shorten_it():
    assert joined_up([(hour(1), hour(2)), (hour(3), hour(6)), (hour(4), hour(5))]) == [
        (hour(1), hour(2)),
        (hour(3), hour(6)),
    ]


def test_a_stretch_that_goes_on_takes_in_all_that_comes_later():
    assert joined_up([(hour(1), hour(3)), (hour(2), None)]) == [(hour(1), None)]
    assert joined_up([(hour(1), None), (hour(2), hour(3)), (hour(4), None)]) == [(hour(1), None)]
    assert joined_up([(hour(1), hour(2)), (hour(3), None), (hour(4), hour(5))]) == [
        (hour(1), hour(2)),
        (hour(3), None),
    ]


def test_a_stretch_of_no_length_or_of_less_is_none():
    assert joined_up([(hour(1), hour(1)), (hour(3), hour(2)), (hour(5), None)]) == [(hour(5), None)]


def test_what_was_over_before_it_began_counts_for_nothing():
    assert ALWAYS.add_around(MONDAY, 3600, [(hour(-2), hour(0))]) == ClockReading(hour(1), None, 0.0, 0.0)
    assert ALWAYS.add_around(MONDAY, 3600, [(hour(-2), hour(0.5))]) == ClockReading(hour(1.5), None, 0.0, 1800.0)


def test_what_stood_still_is_given_back_and_told():
    assert ALWAYS.add_around(MONDAY, 7200, [(hour(1), hour(2)), (hour(2.5), hour(3))]) == ClockReading(
        hour(3.5), None, 0.0, 5400.0
    )
    assert ALWAYS.add_around(MONDAY, 7200, [(hour(1), hour(2)), (hour(9), hour(10))]) == ClockReading(
        hour(3), None, 0.0, 3600.0
    )


def test_what_still_stands_says_since_when_and_how_much_is_left():
    assert ALWAYS.add_around(MONDAY, 7200, [(hour(1), hour(2)), (hour(2.5), None)]) == ClockReading(
        hour(3), hour(2.5), 1800.0, 3600.0
    )
    assert ALWAYS.add_around(MONDAY, 7200, [(hour(-1), None)]) == ClockReading(hour(2), MONDAY, 7200.0, 0.0)


def test_only_open_time_stands_still():
    # Held over night: one open hour of Monday and one of Tuesday are given back.
    assert LONDON.add_around(MONDAY, 8 * 3600, [(hour(7), hour(25))]) == ClockReading(hour(26), None, 0.0, 7200.0)


def test_no_time_at_all_is_over_at_the_next_open_moment():
    assert LONDON.add_around(hour(-3), 0, []) == ClockReading(MONDAY, None, 0.0, 0.0)
    assert LONDON.add_around(hour(-3), -60, [(hour(1), None)]) == ClockReading(MONDAY, None, 0.0, 0.0)
    assert ALWAYS.add_around(MONDAY, -60, [(hour(-1), None)]) == ClockReading(MONDAY, MONDAY, 0.0, 0.0)


def test_a_window_that_ends_in_the_hour_that_happens_twice_ends_the_second_time():
    night = BusinessHours("Europe/London", (((60, 90),),) * 7)
    midnight = datetime(2026, 10, 24, 23, tzinfo=UTC)

    assert night.between(midnight, midnight + 12 * HOUR) == 90 * 60
    assert night.between(midnight + 24 * HOUR, midnight + 36 * HOUR) == 30 * 60


def test_a_day_ends_at_the_first_of_two_midnights():
    evenings = BusinessHours("America/Havana", (((1200, 1440),),) * 7)
    noon = datetime(2026, 10, 31, 16, tzinfo=UTC)

    assert evenings.between(noon, noon + 24 * HOUR) == 4 * 3600
