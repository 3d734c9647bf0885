"""Hours, queues and mergers change under clocks that run or stand still."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apps.casework.models import ExceptionCase
from apps.casework.services import (
    assign_cases,
    merge_cases,
    resume_cases,
    wait_case,
)
from apps.core import clock
from apps.core.actor import SYSTEM
from apps.network.models import Node
from apps.sla.models import SlaCalendar
from apps.sla.rules import Rule
from apps.sla.services import fire_due, watch
from apps.sla.services.stopping import Stop, stop_timers
from tests.casework.cases import make_queue
from tests.driving import work_it_off
from tests.factories import AGENT, NodeFactory, make_order, make_policy, make_stock
from tests.sla.standing import IN_OFFICE, MINUTE, MONDAY, SETTLED, WEEK, a_case, at, hours, office, resolution, waited
from tests.sla.timing import fire, hold_policy, released_order, timer_of, told

pytestmark = pytest.mark.django_db


def test_the_hours_of_a_case_are_those_of_the_queue_it_waits_in_now():
    desk, night = make_queue("desk"), make_queue("night")
    office().queues.add(desk)
    hold_policy(Rule("case_resolution", "s", minutes=480, pause=("customer",), calendar="team"))
    with at(MONDAY):
        case = a_case()
        assign_cases([case.pk], queue=desk, actor=AGENT)
        work_it_off()
    assert resolution(case).due_at == hours(8)
    with at(hours(6)):
        wait_case(case.pk, on="customer", actor=AGENT)
        work_it_off()
    with at(hours(31)):
        resume_cases([case.pk], actor=AGENT)
        work_it_off()
    assert resolution(case).due_at == hours(48 + 1), "one of them on Tuesday, one on Wednesday"

    with at(hours(31)):
        assign_cases([case.pk], queue=night, actor=AGENT)
        work_it_off()
    assert resolution(case).due_at == hours(33), "two of eight hours are left, and there every hour counts"


def test_changed_hours_are_counted_anew_for_clocks_that_run_and_those_that_stand_still():
    calendar = office()
    hold_policy(IN_OFFICE)
    with at(MONDAY):
        running, still = a_case(), a_case()
        work_it_off()
        watch(actor=SYSTEM)
        work_it_off()
    with at(hours(2)):
        wait_case(still.pk, on="customer", actor=AGENT)
        work_it_off()
    assert resolution(running).due_at == hours(8)

    SlaCalendar.objects.filter(pk=calendar.pk).update(monday="10:00-12:00")
    with at(hours(2)):
        watch(actor=SYSTEM)
        work_it_off()

    # Two hours on Monday, six on Tuesday.
    running.refresh_from_db()
    assert resolution(running).due_at == running.next_due_at == datetime(2026, 11, 17, 15, tzinfo=UTC)
    assert resolution(still).left_s == 7 * 3600
    events = len(told("sla.calendar_changed"))
    with at(hours(3)):
        watch(actor=SYSTEM)
    assert len(told("sla.calendar_changed")) == events, "nothing has changed since"


def test_the_earlier_deadline_of_a_case_goes_along_when_it_is_merged_into_a_newer_one():
    hold_policy(SETTLED)
    with at(MONDAY):
        older = a_case()
        work_it_off()
    with at(hours(7)):
        newer = a_case()
        work_it_off()
        merge_cases(newer.pk, others=[older.pk], actor=AGENT)
        work_it_off()

    newer.refresh_from_db()
    assert (resolution(newer).due_at, newer.next_due_at) == (hours(8), hours(8))
    fire(hours(8.1))
    assert [event.subject_ref for event in told("sla.breached")] == [newer.public_id]


def test_a_later_deadline_merged_into_an_earlier_one_changes_nothing():
    hold_policy(SETTLED)
    with at(MONDAY):
        older = a_case()
        work_it_off()
    with at(hours(7)):
        newer = a_case()
        work_it_off()
        merge_cases(older.pk, others=[newer.pk], actor=AGENT)
        work_it_off()

    assert resolution(older).due_at == hours(8)


def test_what_the_merged_one_stood_still_for_counts_with_what_both_stand_still_for_since():
    hold_policy(SETTLED)
    with at(MONDAY):
        older = a_case()
        work_it_off()
    waited(older, 1, 3)
    with at(hours(7)):
        newer = a_case()
        work_it_off()
        merge_cases(newer.pk, others=[older.pk], actor=AGENT)
        work_it_off()
    assert resolution(newer).due_at == hours(10)
    with at(hours(8)):
        wait_case(newer.pk, on="customer", actor=AGENT)
        work_it_off()
    still = resolution(newer)
    assert (still.state, still.left_s, still.paused_at) == ("paused", 2 * 3600, hours(8))
    with at(hours(9)):
        resume_cases([newer.pk], actor=AGENT)
        work_it_off()

    assert (resolution(newer).due_at, resolution(newer).paused_at) == (hours(11), None)


def test_of_two_ends_in_one_batch_the_first_counts():
    hold_policy(Rule("pick_start", "p", minutes=60))
    released_order()
    timer = timer_of("pick_start")
    first, later = (Stop("pick_start", timer.subject_id, clock.now() + n * MINUTE) for n in (30, 90))

    stop_timers([later, first], actor=SYSTEM)

    assert (timer_of("pick_start").state, timer_of("pick_start").stopped_at) == ("met", first.at)


def test_a_calendar_gone_or_emptied_past_every_page_is_somebodys_work_and_its_clocks_run_on():
    office()
    hold_policy(IN_OFFICE)
    with at(MONDAY):
        case = a_case()
        work_it_off()
    with at(hours(2)):
        wait_case(case.pk, on="customer", actor=AGENT)
        work_it_off()
    SlaCalendar.objects.update(**dict.fromkeys(WEEK, ""))

    with at(hours(3)):
        resume_cases([case.pk], actor=AGENT)
        work_it_off()
        watch(actor=SYSTEM)

    assert resolution(case).state == "running"
    (said,) = ExceptionCase.objects.filter(subject_ref="calendar:office")
    assert "never open" in said.sentence

    SlaCalendar.objects.all().delete()
    with at(hours(4)):
        watch(actor=SYSTEM)
    assert ExceptionCase.objects.filter(subject_ref="calendar:office", state="open").exists()


def test_a_case_that_waits_keeps_standing_still_while_many_sweeps_look():
    hold_policy(SETTLED)
    with at(MONDAY):
        case = a_case()
        work_it_off()
    with at(hours(1)):
        wait_case(case.pk, on="customer", actor=AGENT)
        work_it_off()

    for hour in (5, 9, 50):
        fire_due(at=hours(hour), actor=SYSTEM)

    assert (resolution(case).state, told("sla.breached"), told("sla.warned")) == ("paused", [], [])


def test_a_node_that_moves_to_another_time_zone_has_its_clocks_counted_anew():
    make_policy()
    NodeFactory(code="leeds", time_zone="UTC")
    office(code="floor").nodes.add(Node.objects.get(code="leeds"))
    hold_policy(Rule("pick_start", "p", minutes=60, calendar="node"))
    make_stock(leeds={"A": 5})
    with at(MONDAY):
        make_order()
        work_it_off()
        watch(actor=SYSTEM)
        work_it_off()
    assert timer_of("pick_start").due_at == hours(1)

    Node.objects.update(time_zone="America/New_York")
    with at(hours(0.5)):
        watch(actor=SYSTEM)
        work_it_off()

    assert timer_of("pick_start").due_at == hours(6), "it opens at 9 in New York"
