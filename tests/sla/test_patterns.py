"""What keeps being late, in words."""

from __future__ import annotations

from datetime import date, datetime, time

from apps.sla.patterns import PastBreach, patterns

WEEK = [date(2026, 11, 16 + n) for n in range(5)]


def lates(*days: int, each: int = 1, hour: int = 14, **of: object) -> list[PastBreach]:
    said = {"stage": "ship", "place": "Leeds", "node": "leeds", "cutoff": time(14), **of}
    return [
        PastBreach(due=datetime(2026, 11, day, hour), subject=f"{day}-{n}-{said['stage']}", **said)  # type: ignore[arg-type] # noqa: DTZ001
        for day in days
        for n in range(each)
    ]


def said(rows: list[PastBreach], working: dict[str, list[date]] | None = None) -> list[str]:
    return [one.sentence for one in patterns(rows, working or {"leeds": WEEK}, days=WEEK)]


def test_a_cutoff_missed_on_most_days_is_said_with_its_days_and_orders():
    rows = lates(16, 17, 18, each=15) + lates(20, each=16)

    assert said(rows) == ["Leeds missed its 14:00 cutoff on 4 of 5 days; 61 orders."]


def test_one_late_parcel_is_no_pattern_but_many_on_one_day_are():
    assert said(lates(16)) == []
    assert said(lates(16, each=12)) == ["Leeds missed its 14:00 cutoff on 1 of 5 days; 12 orders."]


def test_what_happens_at_the_same_hours_says_so():
    rows = lates(16, 17, each=6, hour=17, stage="pick_start", cutoff=None)

    assert said(rows) == ["Leeds picked late on 2 of 5 days; 12 orders, 100% of them due between 16:00 and 18:00."]


def test_the_worst_comes_first_and_what_belongs_to_no_node_is_ours():
    rows = lates(16, 17, each=2, stage="case_response", place="", node="", cutoff=None) + lates(16, 17, each=9)

    assert said(rows) == [
        "Leeds missed its 14:00 cutoff on 2 of 5 days; 18 orders.",
        "We left new cases unseen for too long on 2 of 5 days; 4 cases.",
    ]


def test_one_order_late_in_two_parcels_is_one_order():
    rows = lates(16, 17, 18) + lates(16, 17, 18)

    assert said(rows) == ["Leeds missed its 14:00 cutoff on 3 of 5 days; 3 orders."]
