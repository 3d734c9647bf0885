"""Faults that people reported of other systems' clocks: pauses outside working hours, weekends, holidays that come later."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from apps.core.actor import SYSTEM
from apps.sla.models import SlaCalendar
from apps.sla.rules import Rule
from apps.sla.services import watch
from tests.driving import work_it_off
from tests.sla.standing import IN_OFFICE, MONDAY, a_case, at, hours, office, resolution, waited
from tests.sla.timing import hold_policy

pytestmark = pytest.mark.django_db
SATURDAY = datetime(2026, 11, 21, 11, tzinfo=UTC)


def opened(moment: datetime):
    with at(moment):
        case = a_case()
        work_it_off()
    return case


def test_a_pause_outside_working_hours_gives_no_time():
    """frappe/erpnext 49414: a hold from closing to opening time moved the deadline by a day."""
    office()
    hold_policy(IN_OFFICE)
    case = opened(hours(2))

    waited(case, 8, 24)

    assert resolution(case).due_at == hours(24 + 2)
    assert resolution(case).paused_s == 0


def test_a_case_opened_on_a_closed_day_and_put_aside_over_it_begins_when_the_office_opens():
    """frappe/helpdesk 2449: hold time was added to the moment of creation, also on days that do not count."""
    office()
    hold_policy(IN_OFFICE)
    case = opened(SATURDAY)
    hour = (SATURDAY - MONDAY).total_seconds() / 3600

    waited(case, hour + 1, hour + 24 + 22 + 1)

    # Monday at 10:00: one open hour has been waited away.
    assert resolution(case).due_at == datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_a_holiday_that_is_added_while_clocks_run_counts_for_them():
    """frappe/helpdesk 2449: open tickets kept their deadline when the holiday list changed."""
    office()
    hold_policy(IN_OFFICE)
    case = opened(hours(4))
    with at(hours(5)):
        watch(actor=SYSTEM)
        work_it_off()
    assert resolution(case).due_at == hours(24 + 4)

    SlaCalendar.objects.update(closed_on=[date(2026, 11, 17)])
    with at(hours(6)):
        watch(actor=SYSTEM)
        work_it_off()

    assert resolution(case).due_at == hours(48 + 4)


def test_another_target_takes_the_time_already_waited_off():
    """glpi 15605: after a change of the agreement the new one counted from the opening, waits and all."""
    office()
    hold_policy(IN_OFFICE)
    case = opened(MONDAY)
    waited(case, 1, 5)
    with at(hours(6)):
        longer = Rule("case_resolution", "s", minutes=600, pause=("customer",), calendar="office")
        hold_policy(longer, retime=True)
        work_it_off()

    # One hour before the wait, three after it on Monday, six on Tuesday.
    assert resolution(case).due_at == hours(24 + 6)
