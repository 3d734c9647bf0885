"""Backlogs, cutoffs and old orders; time in state; what another policy would have said."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from apps.casework.models import ExceptionCase
from apps.casework.services import merge_cases, resolve_case
from apps.core import clock
from apps.core.actor import SYSTEM
from apps.core.process_cache import clear_process_cache
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import pack_fulfillment_order, pick_fulfillment_order
from apps.orders.models import Order
from apps.sla.active_policy import book_in_force, book_of
from apps.sla.models import SlaPolicyVersion
from apps.sla.previewing import preview
from apps.sla.rules import Policy, Rule, Watch
from apps.sla.services import watch
from apps.sla.time_in_state import stays_of, typical_stays
from tests.casework.cases import make_case
from tests.driving import work_it_off
from tests.factories import AGENT, NodeFactory, make_order, make_policy, make_stock
from tests.sla.timing import hold_policy, released_order

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


def standing() -> list[ExceptionCase]:
    return list(ExceptionCase.objects.filter(state="open"))


def test_a_backlog_is_one_case_however_often_it_is_seen_and_closes_itself():
    hold_policy(watches=[Watch("backlog", over=2)])
    make_policy()
    make_stock(leeds={"A": 50})
    for _ in range(3):
        make_order()
    work_it_off()

    assert [watch(actor=SYSTEM), watch(actor=SYSTEM)] == [1, 0]
    (case,) = standing()
    assert (case.type, case.node, case.occurrences) == ("backlog", "leeds", 1)
    assert "3 fulfillment orders" in case.sentence

    pk = FulfillmentOrder.objects.earliest("pk").pk
    FulfillmentOrder.objects.filter(pk=pk).update(state="shipped")
    watch(actor=SYSTEM)
    assert standing() == []


def test_work_not_packed_shortly_before_the_cutoff_is_at_risk_until_it_is_packed():
    NodeFactory(code="leeds", name="Leeds", time_zone="Europe/London", cutoff=time(14))
    hold_policy(
        Rule("ship", by="cutoff", calendar="node", minutes=0), Rule("ship"), watches=[Watch("cutoff", minutes=45)]
    )
    with clock.frozen(NOON):
        released_order()

    assert watch(at=NOON + timedelta(minutes=60), actor=SYSTEM) == 0
    assert watch(at=NOON + timedelta(minutes=80), actor=SYSTEM) == 1
    assert standing()[0].sentence == "1 parcel of Leeds is not packed 40 minutes before its 14:00 cutoff."

    goods = FulfillmentOrder.objects.get()
    pick_fulfillment_order(goods.pk, actor=AGENT)
    pack_fulfillment_order(goods.pk, actor=AGENT)
    watch(at=NOON + timedelta(minutes=90), actor=SYSTEM)
    assert standing() == []


def test_orders_that_stand_in_a_state_for_too_long_are_growing_old():
    hold_policy(watches=[Watch("aging", minutes=120, state="released")])
    released_order()

    assert watch(actor=SYSTEM) == 0
    assert watch(at=clock.now() + timedelta(minutes=121), actor=SYSTEM) == 1
    assert standing()[0].sentence == "1 order has been released for over 2 h."


def test_time_in_state_is_what_the_events_say():
    with clock.frozen(NOON):
        order = released_order()
    goods = FulfillmentOrder.objects.get()
    with clock.frozen(NOON + timedelta(minutes=30)):
        pick_fulfillment_order(goods.pk, actor=AGENT)
    with clock.frozen(NOON + timedelta(minutes=40)):
        pack_fulfillment_order(goods.pk, actor=AGENT)

    stays = {(one.kind, one.state): one for one in stays_of(order.public_id)}
    assert stays["fulfillment", "accepted"].lasted == timedelta(minutes=30)
    assert stays["fulfillment", "picked"].lasted == timedelta(minutes=10)
    assert stays["fulfillment", "packed"].left is None
    assert stays["order", "released"].left is None
    typical = {(one.kind, one.state): one for one in typical_stays([order.public_id])}
    assert typical["fulfillment", "accepted"].median == timedelta(minutes=30)


def test_a_preview_says_how_many_breaches_another_policy_would_have_told():
    hold_policy(Rule("pick_start", minutes=60), Rule("ship", minutes=600))
    with clock.frozen(NOON):
        released_order()
        for _ in range(3):
            make_order()
        work_it_off()
    for number, goods in enumerate(FulfillmentOrder.objects.order_by("pk")):
        with clock.frozen(NOON + timedelta(minutes=10 + 20 * number)):
            pick_fulfillment_order(goods.pk, actor=AGENT)
    stricter = SlaPolicyVersion(pk=0, number=9, content=Policy((Rule("pick_start", minutes=20),)).to_json())
    clear_process_cache()
    Order.objects.update(received_at=NOON)

    seen = preview(
        book_in_force(), book_of(stricter), start=NOON - timedelta(hours=1), end=NOON + timedelta(hours=1),
        now=NOON + timedelta(hours=2),
    )  # fmt: skip

    assert {row.stage: (row.before, row.after) for row in seen.rows} == {"pick_start": (1, 3), "ship": (0, 0)}
    assert (seen.orders, seen.before, seen.after) == (4, 1, 3)


@pytest.mark.parametrize("how", ["dismissed", "resolved", "merged"])
def test_a_backlog_case_ended_by_hand_is_not_opened_again_while_the_backlog_stands(how: str):
    hold_policy(watches=[Watch("backlog", over=1)])
    released_order()
    make_order()
    work_it_off()
    watch(actor=SYSTEM)
    (case,) = standing()
    if how == "merged":
        merge_cases(make_case().pk, others=[case.pk], actor=SYSTEM)
    else:
        resolve_case(case.public_id, resolution="we know", dismiss=how == "dismissed", actor=SYSTEM)

    assert [watch(actor=SYSTEM), watch(actor=SYSTEM)] == [0, 0]
    assert not ExceptionCase.objects.filter(type="backlog", state="open").exists()

    FulfillmentOrder.objects.update(state="shipped")
    watch(actor=SYSTEM)
    FulfillmentOrder.objects.update(state="open")
    assert watch(actor=SYSTEM) == 1, "the backlog had gone, so this is another one"
