"""What a clock has left is counted from when it stood still, in the hours that count for it now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from apps.casework.services import (
    resume_cases,
    take_case,
    wait_case,
)
from apps.core import clock
from apps.core.actor import SYSTEM
from apps.core.event_types import event_type
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import pick_fulfillment_order
from apps.inventory.services import Count, count_stock
from apps.orders.models import Order
from apps.orders.services import place_hold, release_hold
from apps.sla.models import SlaTimer
from apps.sla.rules import Rule
from apps.sla.services import News, keep_fulfillment
from tests.driving import work_it_off
from tests.factories import AGENT, NodeFactory, UserFactory, make_counted_stock, make_order, make_policy, make_stock
from tests.sla.standing import IN_OFFICE, MINUTE, MONDAY, SETTLED, a_case, at, hours, office, resolution, waited
from tests.sla.timing import fire, hold_policy, released_order, timer_of, told

pytestmark = pytest.mark.django_db


def test_sixteen_hours_paused_day_and_night_are_counted_anew_in_office_hours():
    office()
    hold_policy(SETTLED)
    with at(MONDAY):
        case = a_case()
        work_it_off()
    waited(case, 1, 17)
    assert resolution(case).due_at == hours(24)

    with at(hours(17)):
        hold_policy(IN_OFFICE, retime=True)
        work_it_off()

    # One hour is used on Monday; the other seven begin on Tuesday at 9.
    assert resolution(case).due_at == datetime(2026, 11, 17, 16, tzinfo=UTC)
    assert resolution(case).warn_at == datetime(2026, 11, 17, 12, tzinfo=UTC)


def test_and_the_reverse():
    office()
    hold_policy(IN_OFFICE)
    with at(MONDAY):
        case = a_case()
        work_it_off()
    waited(case, 1, 17)
    assert resolution(case).due_at == datetime(2026, 11, 17, 16, tzinfo=UTC)

    with at(hours(17)):
        hold_policy(SETTLED, retime=True)
        work_it_off()

    assert resolution(case).due_at == hours(24)


def test_a_clock_timed_anew_while_it_stands_still_has_left_what_it_has_in_the_new_hours():
    office()
    hold_policy(SETTLED)
    with at(MONDAY):
        case = a_case()
        work_it_off()
    with at(hours(5)):
        wait_case(case.pk, on="customer", actor=AGENT)
        work_it_off()
    with at(hours(30)):
        hold_policy(IN_OFFICE, retime=True)
        work_it_off()
    assert (resolution(case).state, resolution(case).left_s) == ("paused", 3 * 3600)

    with at(datetime(2026, 11, 18, 16, tzinfo=UTC)):
        resume_cases([case.pk], actor=AGENT)
        work_it_off()

    assert resolution(case).due_at == datetime(2026, 11, 19, 11, tzinfo=UTC)


def test_both_of_two_pauses_are_given_back_when_timed_anew_and_the_warning_moves_too():
    hold_policy(SETTLED)
    with at(MONDAY):
        case = a_case()
        work_it_off()
    waited(case, 1, 2)
    waited(case, 3, 5)
    assert (resolution(case).due_at, resolution(case).warn_at) == (hours(11), hours(7))

    with at(hours(5)):
        hold_policy(Rule("case_resolution", "s", minutes=600, warn_percent=50, pause=("customer",)), retime=True)
        work_it_off()

    assert (resolution(case).due_at, resolution(case).warn_at) == (hours(13), hours(8))


def test_both_of_two_holds_of_an_order_are_given_back_when_timed_anew_and_the_warning_moves_too():
    picking = Rule("pick_start", "p", minutes=480, warn_percent=50, pause=("hold",))
    hold_policy(picking)
    with at(MONDAY):
        order = released_order()
    for since, until in ((1, 2), (3, 5)):
        with at(hours(since)):
            place_hold(order.pk, reason="manual", actor=AGENT)
            work_it_off()
        with at(hours(until)):
            release_hold(order.pk, reason="manual", actor=AGENT)
            work_it_off()
    assert (timer_of("pick_start").due_at, timer_of("pick_start").warn_at) == (hours(11), hours(7))

    with at(hours(5)):
        hold_policy(replace(picking, minutes=600), retime=True)
        work_it_off()

    assert (timer_of("pick_start").due_at, timer_of("pick_start").warn_at) == (hours(13), hours(8))


def test_a_pause_after_the_warning_does_not_move_the_warning():
    hold_policy(SETTLED)
    with at(MONDAY):
        case = a_case()
        work_it_off()
    waited(case, 5, 6)

    assert (resolution(case).due_at, resolution(case).warn_at) == (hours(9), hours(4))


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [((), ("customer",), "paused"), (("customer",), (), "running")],
    ids=["added", "removed"],
)
def test_a_reason_to_pause_that_a_policy_adds_or_removes_counts_at_once(before, after, state):
    hold_policy(Rule("case_resolution", "s", minutes=480, pause=before))
    with at(MONDAY):
        case = a_case()
        work_it_off()
    with at(hours(2)):
        wait_case(case.pk, on="customer", actor=AGENT)
        work_it_off()
    with at(hours(4)):
        hold_policy(Rule("case_resolution", "s", minutes=480, pause=after), retime=True)
        work_it_off()

    timer = resolution(case)
    assert timer.state == state
    assert (timer.left_s, timer.next_at) == ((6 * 3600, None) if state == "paused" else (None, hours(6)))
    case.refresh_from_db()
    assert case.next_due_at == (None if state == "paused" else hours(8))


@pytest.mark.parametrize(
    ("before", "after", "state"), [((), ("hold",), "paused"), (("hold",), (), "running")], ids=["added", "removed"]
)
def test_the_same_for_a_hold(before, after, state):
    hold_policy(Rule("pick_start", "p", minutes=240, pause=before))
    order = released_order()
    place_hold(order.pk, reason="manual", actor=AGENT)
    work_it_off()

    hold_policy(Rule("pick_start", "p", minutes=240, pause=after), retime=True)
    work_it_off()

    assert timer_of("pick_start").state == state


def test_a_hold_after_the_deadline_whose_breach_was_not_told_stops_nothing():
    hold_policy(Rule("pick_start", "p", minutes=60, pause=("hold",)))
    order = released_order()

    with clock.moved(70 * MINUTE):
        place_hold(order.pk, reason="manual", actor=AGENT)
        work_it_off()
        assert timer_of("pick_start").state == "running"
        fire()

    assert len(told("sla.breached")) == 1


def test_put_aside_in_time_is_no_breach_though_the_sweep_comes_before_the_news():
    hold_policy(SETTLED)
    with at(MONDAY):
        case = a_case()
        work_it_off()
    with at(hours(7.9)):
        wait_case(case.pk, on="customer", actor=AGENT)

    fire(hours(9))

    assert told("sla.breached") == []
    assert (resolution(case).state, resolution(case).left_s) == ("paused", 360)
    with at(hours(20)):
        work_it_off()
    assert resolution(case).left_s == 360, "counted from when it was put aside, not from when a worker heard of it"


def test_held_in_time_is_no_breach_though_the_sweep_comes_before_the_news():
    hold_policy(Rule("pick_start", "p", minutes=60, warn_percent=50, pause=("hold",)))
    order = released_order()
    with clock.moved(20 * MINUTE):
        place_hold(order.pk, reason="manual", actor=AGENT)

    fire(clock.now() + 61 * MINUTE)

    assert (told("sla.warned"), told("sla.breached")) == ([], [])
    assert timer_of("pick_start").state == "paused"


def test_a_batch_that_lags_uses_the_moment_of_each_row():
    hold_policy(SETTLED)
    with at(MONDAY):
        cases = [a_case() for _ in range(2)]
        work_it_off()
    for hour, case in ((1, cases[0]), (6, cases[1])):
        with at(hours(hour)):
            wait_case(case.pk, on="customer", actor=AGENT)
    with at(hours(7)):
        work_it_off()

    assert [resolution(case).left_s for case in cases] == [7 * 3600, 2 * 3600]


def test_a_pause_that_was_over_before_a_worker_looked_is_given_back_all_the_same():
    hold_policy(SETTLED)
    with at(MONDAY):
        case = a_case()
        wait_case(case.pk, on="customer", actor=AGENT)
    with at(hours(3)):
        take_case(case.pk, user=UserFactory(), actor=AGENT)
    with at(hours(4)):
        work_it_off()

    assert resolution(case).due_at == hours(11)


def test_a_stage_that_ended_while_or_after_it_stood_still_was_in_time():
    hold_policy(Rule("pick_start", "p", minutes=60, pause=("hold",)))
    order = released_order()
    with clock.moved(10 * MINUTE):
        place_hold(order.pk, reason="manual", actor=AGENT)
    with clock.moved(200 * MINUTE):
        release_hold(order.pk, reason="manual", actor=AGENT)
    with clock.moved(230 * MINUTE):
        pick_fulfillment_order(FulfillmentOrder.objects.get(order=order).pk, actor=AGENT)
        work_it_off()
        fire()

    assert (timer_of("pick_start").state, told("sla.breached")) == ("met", [])


FOUR = [
    Rule("partner_ack", "p", minutes=60, pause=("hold",)),
    Rule("pick_start", "p", minutes=60, pause=("hold",)),
    Rule("pack", "p", minutes=60, pause=("hold",)),
    Rule("ship", "s", minutes=60, pause=("hold",)),
]


def test_an_order_held_while_backordered_has_the_clocks_of_its_node_stand_still_once_stock_comes():
    hold_policy(*FOUR)
    make_policy(partial="backorder")
    make_counted_stock(leeds={"A": 0})
    count_stock([Count("leeds", "A", backorderable=True)], reason="feed", actor=AGENT)
    order = make_order(lines={"A": 2})
    work_it_off()
    place_hold(order.pk, reason="manual", actor=AGENT)
    work_it_off()

    count_stock([Count("leeds", "A", delta=5)], reason="delivery", actor=AGENT)
    with clock.moved(5 * MINUTE):
        work_it_off()
        assert {(t.stage, t.state) for t in SlaTimer.objects.all()} == {("pick_start", "paused"), ("ship", "paused")}
    with clock.moved(300 * MINUTE):
        release_hold(order.pk, reason="manual", actor=AGENT)
        work_it_off()

    assert set(SlaTimer.objects.values_list("state", flat=True)) == {"running"}
    assert abs(timer_of("ship").due_at - clock.now() - 360 * MINUTE) < MINUTE


@pytest.mark.parametrize("stage", ["partner_ack", "pick_start", "pack", "ship"])
def test_clocks_that_a_node_starts_on_a_held_order_stand_still_from_their_start(stage: str):
    hold_policy(*FOUR)
    order = released_order() if stage != "partner_ack" else _partners_order()
    SlaTimer.objects.all().delete()
    place_hold(order.pk, reason="manual", actor=AGENT)
    goods = FulfillmentOrder.objects.get(order=order)
    if stage == "pack":
        FulfillmentOrder.objects.filter(pk=goods.pk).update(state="picked")
    _tell_again(goods, {"partner_ack": "requested", "pack": "picked"}.get(stage, "assigned"))

    timer = timer_of(stage)
    assert (timer.state, timer.left_s) == ("paused", 3600)


def _partners_order() -> Order:
    make_policy()
    NodeFactory(code="midlands", partner=True)
    make_stock(midlands={"A": 5})
    order = make_order()
    work_it_off(partners=False)
    return order


def _tell_again(goods: FulfillmentOrder, what: str) -> None:
    keep_fulfillment([News(event_type(f"fulfillment.{what}")(), goods.pk, clock.now())], actor=SYSTEM)
