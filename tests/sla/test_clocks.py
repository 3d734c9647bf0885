"""Clocks of orders and fulfillment orders follow what happens to them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.casework.models import ExceptionCase
from apps.core import clock
from apps.fulfillment.events import FulfillmentAccepted
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import (
    Parcel,
    accept_fulfillment_order,
    pack_fulfillment_order,
    pick_fulfillment_order,
    ship_fulfillment_order,
)
from apps.orders.models import Order
from apps.orders.services import cancel_order, place_hold, release_hold
from apps.sla.models import SlaTimer
from apps.sla.rules import Rule
from apps.sla.services import News, forget_clocks, keep_fulfillment
from tests.driving import work_it_off
from tests.factories import AGENT, NodeFactory, make_order, make_policy, make_stock
from tests.sla.timing import fire, hold_policy, in_minutes, released_order, timer_of, told

pytestmark = pytest.mark.django_db

PICK = Rule("pick_start", "pick", minutes=60, warn_percent=50, pause=("hold",), case_breached="pick_late")
PACK = Rule("pack", "pack", minutes=30)
SHIP = Rule("ship", "ship", minutes=240, case_warned="late_risk", alert_breached=("lead",))
ROUTING = Rule("routing", "route", minutes=60, pause=("hold",))


def goods_of(order: Order) -> FulfillmentOrder:
    return FulfillmentOrder.objects.get(order=order)


def test_a_node_that_has_an_order_has_so_long_to_pick_and_ship_it():
    hold_policy(PICK, PACK, SHIP)
    goods = goods_of(released_order())

    pick, ship = timer_of("pick_start"), timer_of("ship")
    assert (pick.subject_id, pick.node_id, pick.stream) == (goods.pk, goods.node_id, goods.order.public_id)
    assert pick.due_at - pick.started_at == timedelta(minutes=60)
    assert ship.due_at - ship.started_at == timedelta(minutes=240)
    assert not SlaTimer.objects.filter(stage="pack").exists()


def test_each_stage_ends_the_clock_before_it_and_starts_the_next():
    hold_policy(PICK, PACK, SHIP)
    goods = goods_of(released_order())

    pick_fulfillment_order(goods.pk, actor=AGENT)
    work_it_off()
    assert (timer_of("pick_start").state, timer_of("pack").state, timer_of("ship").state) == (
        "met",
        "running",
        "running",
    )

    pack_fulfillment_order(goods.pk, actor=AGENT)
    ship_fulfillment_order(goods.pk, external_id="S1", parcels=[Parcel()], actor=AGENT)
    work_it_off()
    assert (timer_of("pack").state, timer_of("ship").state) == ("met", "met")
    assert fire(in_minutes(600)) == 0


def test_an_order_that_went_straight_through_left_no_clock_of_its_own_behind():
    hold_policy(Rule("response", "r", minutes=15), ROUTING)
    released_order()

    assert not SlaTimer.objects.exists()


def test_a_breach_is_told_once_and_opens_the_case_the_policy_names():
    hold_policy(PICK, SHIP)
    order = released_order()

    fire(in_minutes(61))
    fire(in_minutes(62))
    work_it_off()

    (breach,) = told("sla.breached")
    assert (breach.stream, breach.data["stage"], breach.data["node"]) == (order.public_id, "pick_start", "leeds")
    (case,) = ExceptionCase.objects.all()
    assert (case.type, case.subject_ref, case.order_id) == ("pick_late", goods_of(order).public_id, order.pk)
    assert "Leeds" in case.sentence


def test_a_warning_comes_before_the_breach_and_neither_twice():
    hold_policy(PICK)
    released_order()

    for minutes in (10, 31, 32, 61, 62, 63):
        fire(in_minutes(minutes))

    assert [len(told("sla.warned")), len(told("sla.breached"))] == [1, 1]


def test_a_clock_nobody_looked_at_in_time_tells_its_breach_without_a_warning():
    hold_policy(PICK)
    released_order()

    fire(in_minutes(500))

    assert [len(told("sla.warned")), len(told("sla.breached"))] == [0, 1]


def test_the_case_closes_itself_once_what_was_late_is_done():
    hold_policy(PICK)
    goods = goods_of(released_order())
    fire(in_minutes(61))
    work_it_off()

    with clock.moved(timedelta(minutes=70)):
        pick_fulfillment_order(goods.pk, actor=AGENT)
        work_it_off()

    assert timer_of("pick_start").state == "missed"
    assert ExceptionCase.objects.get().state == "resolved"


def test_a_timer_that_is_due_while_its_stage_has_just_ended_is_not_fired():
    hold_policy(PICK)
    goods = goods_of(released_order())
    # Picked in time, but the step that stops the clock has not run.
    pick_fulfillment_order(goods.pk, actor=AGENT)

    fire(in_minutes(61))

    assert told("sla.breached") == []
    assert timer_of("pick_start").state == "met"
    work_it_off()
    assert timer_of("pick_start").state == "met"


def test_a_stage_that_ended_too_late_is_a_breach_even_if_the_news_came_first():
    hold_policy(PICK)
    goods = goods_of(released_order())

    with clock.moved(timedelta(minutes=90)):
        pick_fulfillment_order(goods.pk, actor=AGENT)
        work_it_off()
        fire()
        fire()

    assert len(told("sla.breached")) == 1
    assert timer_of("pick_start").state == "missed"


def test_a_cancelled_order_is_late_for_nothing():
    hold_policy(PICK, SHIP, Rule("delivery", "d", minutes=500))
    order = released_order()

    cancel_order(order.pk, reason="x", actor=AGENT)
    work_it_off()
    fire(in_minutes(5000))

    assert set(SlaTimer.objects.values_list("state", flat=True)) == {"void"}
    assert told("sla.breached") == []


def test_a_hold_stops_the_clock_and_its_release_gives_back_what_was_left():
    hold_policy(PICK)
    order = released_order()
    due = timer_of("pick_start").due_at

    with clock.moved(timedelta(minutes=20)):
        place_hold(order.pk, reason="manual", actor=AGENT)
        work_it_off()
    assert timer_of("pick_start").state == "paused"
    assert fire(in_minutes(300)) == 0

    with clock.moved(timedelta(minutes=120)):
        release_hold(order.pk, reason="manual", actor=AGENT)
        work_it_off()
    timer = timer_of("pick_start")
    assert timer.state == "running"
    assert abs(timer.due_at - due - timedelta(minutes=100)) < timedelta(seconds=5)


def test_an_order_held_from_the_start_has_a_paused_routing_clock():
    hold_policy(Rule("response", "r", minutes=15), ROUTING)
    make_policy()
    make_order(lines={"NOBODY-KNOWS": 1})
    work_it_off()

    assert timer_of("routing").state == "paused"
    assert not SlaTimer.objects.filter(stage="response").exists()


def test_a_partner_is_timed_until_it_answers_and_not_for_its_picking():
    hold_policy(PICK, SHIP, Rule("partner_ack", "p", minutes=60))
    make_policy()
    NodeFactory(code="midlands", partner=True)
    make_stock(midlands={"A": 5})
    order = make_order()
    work_it_off(partners=False)

    assert set(SlaTimer.objects.values_list("stage", flat=True)) == {"partner_ack", "ship"}
    accept_fulfillment_order(goods_of(order).pk, actor=AGENT)
    work_it_off(partners=False)
    assert timer_of("partner_ack").state == "met"


@pytest.mark.parametrize(("capabilities", "kind"), [(["cancel"], "partner_silent"), (["accept_reject"], "late_risk")])
def test_what_does_not_leave_a_partner_that_confirms_nothing_is_the_silence_of_that_partner(
    capabilities: list[str], kind: str
):
    hold_policy(Rule("ship", "ship", minutes=240, case_breached="late_risk"))
    make_policy()
    NodeFactory(code="midlands", partner=True, capabilities=capabilities)
    make_stock(midlands={"A": 5})
    goods = goods_of(make_accepted())

    fire(in_minutes(241))
    work_it_off(partners=False)

    (case,) = ExceptionCase.objects.all()
    assert (case.type, case.subject_ref) == (kind, goods.public_id)
    assert case.sentence.startswith("It has not left at Midlands")


def make_accepted() -> Order:
    """An order whose partner has taken it."""
    order = make_order()
    work_it_off(partners=False)
    accept_fulfillment_order(goods_of(order).pk, actor=AGENT)
    work_it_off(partners=False)
    return order


def test_news_told_twice_or_in_the_wrong_order_changes_nothing():
    hold_policy(PICK, SHIP)
    goods = goods_of(released_order())
    before = list(SlaTimer.objects.values())
    again = News(FulfillmentAccepted(), goods.pk, clock.now() + timedelta(minutes=5))

    keep_fulfillment([again, again], actor=AGENT)

    assert list(SlaTimer.objects.values()) == before


def test_a_part_that_left_does_not_stop_the_clock_of_the_rest():
    hold_policy(SHIP)
    order = released_order(lines={"A": 2})
    goods = goods_of(order)
    line = goods.lines.get()

    ship_fulfillment_order(goods.pk, external_id="S1", parcels=[Parcel(contents={line.pk: 1})], actor=AGENT)
    work_it_off()
    assert timer_of("ship").state == "running"

    ship_fulfillment_order(goods.pk, external_id="S2", parcels=[Parcel(contents={line.pk: 1})], actor=AGENT)
    work_it_off()
    assert timer_of("ship").state == "met"


def test_clocks_that_stopped_long_ago_are_forgotten_and_the_running_ones_are_not():
    hold_policy(PICK, SHIP)
    goods = goods_of(released_order())
    pick_fulfillment_order(goods.pk, actor=AGENT)
    work_it_off()

    assert forget_clocks(stopped_before=clock.now() + timedelta(days=1)) == 1
    assert set(SlaTimer.objects.values_list("stage", flat=True)) == {"ship"}


def test_one_clock_whose_rule_is_gone_stops_none_of_the_others():
    hold_policy(PICK, SHIP)
    released_order()
    SlaTimer.objects.filter(stage="ship").update(rule=99)

    fire(in_minutes(9999))

    assert {event.data["stage"] for event in told("sla.breached")} == {"pick_start", "ship"}
