"""When goods would arrive: no parcel leaves on a day the node does not work, holidays among them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from apps.casework.resolutions.arrival import departures
from apps.network.models import Calendar
from tests.factories import NodeFactory, make_carrier

pytestmark = pytest.mark.django_db
# Christmas Eve of 2026 is a Thursday; Boxing Day is moved to Monday the 28th.
CHRISTMAS_EVE = datetime(2026, 12, 24, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _carrier() -> None:
    make_carrier()


def arrives(calendar: Calendar | None, *, cutoff: time | None = None) -> datetime:
    node = NodeFactory(time_zone="Europe/London", calendar=calendar, cutoff=cutoff)
    found = departures([node]).arrival([node.code], service_level="standard", now=CHRISTMAS_EVE)
    assert found is not None
    return found


def test_a_parcel_that_misses_the_cutoff_before_christmas_leaves_after_the_holidays():
    calendar = Calendar.objects.create(
        name="England", weekdays=[0, 1, 2, 3, 4], holiday_country="GB", holiday_subdivision="ENG"
    )
    in_time = arrives(calendar, cutoff=time(12))

    late = arrives(calendar, cutoff=time(9))

    assert (late.date() - in_time.date()).days == 5


def test_a_node_without_holidays_loses_only_the_day_it_missed():
    calendar = Calendar.objects.create(name="Every day", weekdays=list(range(7)))
    in_time = arrives(calendar, cutoff=time(12))

    assert (arrives(calendar, cutoff=time(9)).date() - in_time.date()).days == 1


def test_holidays_of_a_country_nobody_knows_stop_nothing():
    calendar = Calendar.objects.create(name="Elsewhere", weekdays=list(range(7)), holiday_country="QQ")

    assert arrives(calendar, cutoff=time(9)) == arrives(None, cutoff=time(9))


def test_a_single_closing_day_is_no_day_a_parcel_leaves():
    calendar = Calendar.objects.create(name="Shops", weekdays=[])
    before = arrives(calendar)
    Calendar.objects.update(closed_on=[CHRISTMAS_EVE.date()])

    assert arrives(Calendar.objects.get()) == before + timedelta(days=1)
