"""An order that a node gives back waits for a node again, and is timed for it again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core import clock
from apps.fulfillment.events import FulfillmentAccepted, FulfillmentRejected
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services import call_off_order, pick_fulfillment_order, reject_fulfillment_order
from apps.inventory.services import Count, count_stock
from apps.orders.models import Order
from apps.orders.services import place_hold
from apps.sla.models import SlaTimer
from apps.sla.rules import Rule
from apps.sla.services import News, keep_fulfillment
from tests.driving import again, work_it_off
from tests.factories import AGENT, make_stock
from tests.sla.timing import fire, hold_policy, in_minutes, released_order, told

pytestmark = pytest.mark.django_db

ROUTING = Rule("routing", "route", minutes=60, pause=("hold",), case_breached="late_risk")


def given_back(order: Order) -> FulfillmentOrder:
    row = FulfillmentOrder.objects.get(order=order, state="accepted")
    reject_fulfillment_order(row.pk, reason="closed", actor=AGENT)
    work_it_off()
    return row


def routing_clocks() -> list[tuple[str, int]]:
    return list(SlaTimer.objects.filter(stage="routing").order_by("pk").values_list("state", "occasion"))


def test_it_runs_from_the_moment_the_node_said_no():
    hold_policy(ROUTING)
    order = released_order()
    with clock.moved(timedelta(hours=5)):
        row = given_back(order)

    timer = SlaTimer.objects.get(stage="routing")
    assert (timer.subject_ref, timer.occasion, timer.state) == (order.public_id, row.pk, "running")
    assert timer.started_at > order.entered_state_at + timedelta(hours=4)
    assert timer.due_at - timer.started_at == timedelta(minutes=60)


def test_it_stops_when_another_node_has_it():
    hold_policy(ROUTING)
    order = released_order()
    given_back(order)
    assert again(order).state == "validated"

    make_stock(york={"A": 0})
    count_stock([Count("york", "A", on_hand=5)], reason="delivery", actor=AGENT)
    with clock.moved(timedelta(minutes=5)):
        work_it_off()

    assert again(order).state == "released"
    assert [state for state, _ in routing_clocks()] == ["met"]


def test_too_late_it_is_told_and_opens_its_case():
    hold_policy(ROUTING)
    order = released_order()
    given_back(order)

    fire(in_minutes(90))
    work_it_off()

    assert [event.data["stage"] for event in told("sla.breached")] == ["routing"]
    assert order.cases.filter(type="late_risk", state="open").exists()


def test_where_another_node_takes_it_at_once_no_clock_is_left_behind():
    hold_policy(ROUTING)
    make_stock(york={"A": 5})
    order = released_order()

    given_back(order)

    assert again(order).state == "released"
    assert routing_clocks() == []


def test_each_time_it_is_given_back_counts_and_each_is_counted_once():
    hold_policy(ROUTING)
    order = released_order()
    row = given_back(order)
    timer = SlaTimer.objects.get(stage="routing")

    keep_fulfillment([News(FulfillmentRejected(reason="closed"), row.pk, timer.started_at)], actor=AGENT)

    assert routing_clocks() == [("running", row.pk)]


def test_what_a_node_had_before_does_not_end_it():
    hold_policy(ROUTING)
    order = released_order()
    row = given_back(order)

    keep_fulfillment([News(FulfillmentAccepted(), row.pk, order.entered_state_at)], actor=AGENT)
    fire(in_minutes(10))

    assert routing_clocks() == [("running", row.pk)]


def test_units_picked_short_are_timed_too():
    hold_policy(ROUTING)
    order = released_order(lines={"A": 3})
    line = FulfillmentLine.objects.get(fulfillment_order__order=order)

    pick_fulfillment_order(line.fulfillment_order_id, missing={line.pk: 1}, actor=AGENT)
    work_it_off()

    assert routing_clocks() == [("running", line.fulfillment_order_id)]


def test_a_hold_stops_it_and_a_cancellation_makes_it_pointless():
    hold_policy(ROUTING)
    order = released_order()
    row = given_back(order)

    place_hold(order.pk, reason="manual", actor=AGENT)
    work_it_off()
    assert routing_clocks() == [("paused", row.pk)]

    call_off_order(order.pk, reason="changed their mind", actor=AGENT)
    work_it_off()
    assert routing_clocks() == [("void", row.pk)]
