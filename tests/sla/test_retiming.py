"""Standing clocks under a new policy: batch by batch, what becomes of one it has no rule for, and of one that may not pause."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.casework.services import Problem, merge_cases, open_case
from apps.core import clock
from apps.core.process_cache import clear_process_cache
from apps.orders.services import place_hold
from apps.sla.active_policy import book_of
from apps.sla.models import SlaTimer
from apps.sla.rules import Rule
from apps.sla.services.retiming import recount_batch, retime_batch, retime_orders
from tests.casework.approvals.people import person, policy, proposal
from tests.driving import work_it_off
from tests.factories import AGENT, make_order
from tests.sla.standing import MONDAY, a_case, at, hours, resolution
from tests.sla.timing import fire, hold_policy, in_minutes, released_order, timer_of, told

pytestmark = pytest.mark.django_db
PICKING = Rule("pick_start", "p", minutes=60, pause=("hold",))


@pytest.fixture
def three() -> list[SlaTimer]:
    """Three orders to be picked within an hour."""
    hold_policy(PICKING)
    released_order()
    for _ in range(2):
        make_order()
    work_it_off()
    return list(SlaTimer.objects.order_by("pk"))


def minutes_of() -> list[float]:
    rows = SlaTimer.objects.order_by("pk")
    return [(row.due_at - row.started_at).total_seconds() / 60 for row in rows]


def test_they_are_timed_anew_some_at_a_time_from_where_the_last_batch_ended(three: list[SlaTimer]):
    first, second, third = (timer.pk for timer in three)
    version = hold_policy(Rule("pick_start", "p", minutes=90, pause=("hold",)))
    clear_process_cache()

    assert retime_batch(after=0, limit=2) == second
    assert minutes_of() == [90, 90, 60]
    assert retime_batch(after=second, limit=2) == third
    assert minutes_of() == [90, 90, 90]
    assert retime_batch(after=third, limit=2) is None

    assert {(timer.policy_id, timer.total_s) for timer in SlaTimer.objects.all()} == {(version.pk, 5400)}
    assert first < second < third


def test_counting_anew_goes_on_where_the_last_batch_ended_too(three: list[SlaTimer]):
    first, second, third = (timer.pk for timer in three)

    assert recount_batch(after=0, limit=2) == second
    assert recount_batch(after=first, limit=1) == second
    assert recount_batch(after=second, limit=2) == third
    assert recount_batch(after=third, limit=2) is None
    assert minutes_of() == [60, 60, 60]


def test_one_that_stands_still_and_has_no_rule_any_more_is_void_and_looked_at_no_more():
    hold_policy(PICKING)
    order = released_order()
    place_hold(order.pk, reason="manual", actor=AGENT)
    work_it_off()
    assert timer_of("pick_start").state == "paused"

    at = clock.now()
    with clock.frozen(at):
        hold_policy(Rule("pack", minutes=60), retime=True)
        work_it_off()

    timer = timer_of("pick_start")
    assert (timer.state, timer.next_at, timer.paused_at, timer.left_s, timer.rule) == ("void", None, None, None, 0)
    assert timer.stopped_at == at


def test_one_that_stands_still_under_a_rule_that_may_not_pause_runs_on_to_its_promise():
    hold_policy(Rule("ship", minutes=240, pause=("hold",)))
    order = released_order(promise={"ship_by": (clock.now() + timedelta(hours=9)).isoformat()})
    place_hold(order.pk, reason="manual", actor=AGENT)
    work_it_off()
    assert timer_of("ship").state == "paused"

    hold_policy(
        Rule("ship", "express", service_levels=("express",)),
        Rule("ship", "promised", by="ship_by", minutes=0),
        Rule("ship"),
        retime=True,
    )
    work_it_off()

    timer = timer_of("ship")
    assert (timer.state, timer.paused_at, timer.left_s, timer.paused_s, timer.rule) == ("running", None, None, 0, 1)
    assert abs(timer.due_at - clock.now() - timedelta(hours=9)) < timedelta(minutes=1)
    assert timer.next_at in (timer.warn_at, timer.due_at)


def test_a_breach_that_was_told_is_not_told_again_under_a_longer_time():
    hold_policy(PICKING)
    released_order()
    fire(in_minutes(61))
    assert len(told("sla.breached")) == 1

    hold_policy(Rule("pick_start", "p", minutes=90, pause=("hold",)), retime=True)
    work_it_off()
    fire(in_minutes(91))

    assert (minutes_of(), len(told("sla.breached")), timer_of("pick_start").next_at) == ([90], 1, None)


def test_where_no_policy_holds_clocks_stay_as_they_are(three: list[SlaTimer]):
    changed = retime_orders([timer.order_id for timer in three if timer.order_id], book_of(None))

    assert changed == 0
    assert minutes_of() == [60, 60, 60]
    assert {timer.state for timer in SlaTimer.objects.all()} == {"running"}


def test_a_promise_in_seventy_years_is_timed_and_timed_anew_for_as_long_as_a_clock_can_say():
    far = clock.now() + timedelta(days=25600)
    hold_policy(Rule("ship", "promised", by="ship_by", minutes=0), Rule("ship"))
    released_order(promise={"ship_by": far.isoformat()})
    begun = timer_of("ship")

    hold_policy(Rule("ship", "promised", by="ship_by", minutes=1440), Rule("ship"), retime=True)
    work_it_off()

    assert abs(timer_of("ship").due_at - far + timedelta(days=1)) < timedelta(minutes=1)
    assert (begun.total_s, timer_of("ship").total_s) == (2**31 - 1, 2**31 - 1)


def test_a_case_that_took_in_another_is_timed_anew_by_its_own_rule_and_due_with_the_first_of_both():
    hold_policy(Rule("case_resolution", "s", minutes=480, pause=("customer",)))
    with at(MONDAY):
        mine = a_case()
        other = open_case(Problem("short_pick", "x:9", "Two are missing."), actor=AGENT)
        work_it_off()
        merge_cases(mine.pk, others=[other.pk], actor=AGENT)
        work_it_off()
        hold_policy(
            Rule("case_resolution", "shorts", kinds=("short_pick",), minutes=60, pause=("customer",)),
            Rule("case_resolution", "s", minutes=240, pause=("customer",)),
            retime=True,
        )
        work_it_off()

    timer = resolution(mine)
    mine.refresh_from_db()
    assert (timer.rule, timer.total_s, timer.due_at, mine.next_due_at) == (1, 240 * 60, hours(1), hours(1))


def test_a_proposal_that_waits_for_a_decision_is_timed_anew():
    hold_policy(Rule("approval", "a", minutes=60))
    policy()
    proposal(person("agent"))
    work_it_off()

    hold_policy(Rule("approval", "a", minutes=30), retime=True)
    work_it_off()

    timer = timer_of("approval")
    assert (timer.state, timer.due_at - timer.started_at) == ("running", timedelta(minutes=30))
