"""Networks are kept once for all decisions that saw the same one; a decision is replayed exactly all the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core import clock
from apps.network.models import Node
from apps.orchestration import housekeeping
from apps.orders.models import Order
from apps.routing.models import NetworkSnapshot, RoutingDecision
from apps.routing.planner.replay import differences, replay
from tests.driving import again, work_it_off
from tests.factories import make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_stock(N1={"A": 50}, N2={"A": 50})
    Node.objects.filter(code="N1").update(capacity_per_day=2, priority=1)


def routed() -> Order:
    order = make_order(lines={"A": 1})
    work_it_off(partners=False)
    return again(order)


def test_decisions_share_one_network_while_stock_and_capacity_go_down():
    orders = [routed() for _ in range(4)]

    assert RoutingDecision.objects.count() == len(orders)
    assert NetworkSnapshot.objects.count() == 1


def test_each_is_replayed_as_it_was_decided_with_the_capacity_there_was():
    for _ in range(4):
        routed()

    decisions = list(RoutingDecision.objects.order_by("pk"))
    assert [differences(one.plan, replay(one.inputs)) for one in decisions] == [()] * 4
    left = [next(site["capacity_left"] for site in one.inputs["sites"] if site["code"] == "N1") for one in decisions]
    assert left == [2, 1, 0, 0]


def test_a_changed_network_is_kept_beside_the_old_one_which_its_decisions_still_read():
    routed()
    Node.objects.filter(code="N1").update(handling_minor=75)
    routed()

    assert NetworkSnapshot.objects.count() == 2
    first, second = RoutingDecision.objects.order_by("pk")
    costs = [next(s["handling_minor"] for s in one.inputs["sites"] if s["code"] == "N1") for one in (first, second)]
    assert costs == [0, 75]


def test_a_network_no_decision_refers_to_is_forgotten_after_a_day_and_no_other():
    routed()
    NetworkSnapshot.objects.create(hash="of nobody", sites={})
    housekeeping.purge()
    assert NetworkSnapshot.objects.count() == 2

    with clock.moved(timedelta(days=2)):
        housekeeping.purge()
    assert NetworkSnapshot.objects.get() == RoutingDecision.objects.get().network
