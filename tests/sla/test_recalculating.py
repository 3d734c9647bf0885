"""Clocks made to agree with what has happened: without a warning, without a policy in force, and without the word that a case waits."""

from __future__ import annotations

import pytest

from apps.casework.models import ExceptionCase
from apps.core import clock
from apps.orders.services import place_hold, release_hold
from apps.sla.active_policy import book_of
from apps.sla.pauses import Pause, waits_of
from apps.sla.rules import Rule
from apps.sla.services.recalculating import settle_orders
from tests.driving import work_it_off
from tests.factories import AGENT
from tests.sla.standing import MINUTE, MONDAY, a_case
from tests.sla.timing import hold_policy, released_order, timer_of

pytestmark = pytest.mark.django_db


def test_a_clock_without_a_warning_gets_none_when_it_goes_on():
    hold_policy(Rule("pick_start", "p", minutes=60, pause=("hold",), warn_percent=0))
    order = released_order()
    place_hold(order.pk, reason="manual", actor=AGENT)
    with clock.moved(20 * MINUTE):
        release_hold(order.pk, reason="manual", actor=AGENT)
        work_it_off()

    timer = timer_of("pick_start")
    assert (timer.state, timer.warn_at, timer.next_at) == ("running", None, timer.due_at)
    assert abs(timer.due_at - timer.started_at - 80 * MINUTE) < MINUTE


def test_where_no_policy_holds_a_clock_is_counted_by_the_one_it_was_started_under():
    hold_policy(Rule("pick_start", "p", minutes=60, pause=("hold",)))
    order = released_order()
    place_hold(order.pk, reason="manual", actor=AGENT)

    settle_orders([order.pk], book_of(None))

    assert timer_of("pick_start").state == "paused"


def test_a_case_that_waits_though_nobody_said_so_stands_still_since_it_does():
    waiting, open_ = a_case(), a_case()
    ExceptionCase.objects.filter(pk=waiting.pk).update(state="waiting", waiting_on="customer", waiting_since=MONDAY)
    ExceptionCase.objects.filter(pk=open_.pk).update(waiting_since=MONDAY)

    assert waits_of({waiting.pk, open_.pk}) == {waiting.pk: [Pause("customer", MONDAY, None)], open_.pk: []}
