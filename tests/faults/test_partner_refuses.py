"""Partners that say no (rows 20, 22)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.casework.models import ExceptionCase
from apps.fulfillment.models import FulfillmentOrder
from apps.inventory.models import Reservation, StockLevel
from apps.orchestration.models import StepRun
from apps.orchestration.services import retry_run
from apps.outbound.models import Breaker
from orchestrator.sandbox import Sandbox
from tests.driving import again, work_it_off
from tests.factories import AGENT, make_order
from tests.partnering import (
    deliver_news,
    fresh,
    in_a_while,
    make_partner,
    operations,
    sandbox_held_to_the_invariants,
    submitted_order,
    taken,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


@pytest.fixture
def sandbox(transactional_db: None) -> Iterator[Sandbox]:
    yield from sandbox_held_to_the_invariants()


def test_a_considered_no_is_not_asked_twice_and_the_order_goes_elsewhere(sandbox: Sandbox):
    make_partner(sandbox)
    sandbox.misbehave("acme", "reject", reason="no_capacity")
    order, row = submitted_order()
    in_a_while()

    assert operations(sandbox) == ["submit"]
    assert (fresh(row).state, fresh(row).request_state) == ("rejected", "rejected")
    assert (fresh(row).reject_reason, fresh(row).reject_note) == ("no_capacity", "no_capacity")
    case = ExceptionCase.objects.get(type="partner_rejected")
    assert (case.subject_ref, case.order_id) == (row.public_id, order.pk)
    assert "no capacity" in case.sentence
    assert Breaker.objects.get().failures == 0


def test_the_lines_are_routed_elsewhere_at_once(sandbox: Sandbox):
    make_partner(sandbox)
    make_partner(sandbox, "beta", nodes=("P2",))
    sandbox.misbehave("*", "reject", times=1)
    order = make_order()
    work_it_off()

    refused, given = FulfillmentOrder.objects.filter(order=order).order_by("pk")
    assert (refused.state, given.request_state) == ("rejected", "submitted")
    assert refused.node_id != given.node_id
    assert again(order).state == "released"
    assert Reservation.objects.filter(state="allocated").count() == 1


def test_one_of_two_nodes_says_no_and_the_other_goes_on(sandbox: Sandbox):
    make_partner(sandbox, "acme", nodes=("P1",), stock={"A": 5})
    make_partner(sandbox, "beta", nodes=("P2",), stock={"B": 5})
    order = make_order(lines={"A": 1, "B": 1})
    work_it_off()
    make_partner(sandbox, "gamma", nodes=("P3",), stock={"B": 5})
    first, second = FulfillmentOrder.objects.filter(order=order).order_by("node__code")
    sandbox.three_pl.ship(taken(sandbox, first)[0].reference)
    sandbox.three_pl.reject(taken(sandbox, second)[0].reference)
    assert deliver_news(sandbox) == [200, 200]
    work_it_off()

    assert (fresh(first).state, fresh(second).state) == ("shipped", "rejected")
    third = FulfillmentOrder.objects.filter(order=order).exclude(pk__in=[first.pk, second.pk]).get()
    assert [line.sku.code for line in third.lines.all()] == ["B"]
    assert len(taken(sandbox, third)) == 1
    reserved = dict(StockLevel.objects.values_list("node__code", "reserved"))
    assert reserved == {"P1": 0, "P2": 0, "P3": 1}
    sandbox.three_pl.ship(taken(sandbox, third)[0].reference)
    deliver_news(sandbox)
    work_it_off()
    assert again(order).state == "shipped"


def test_with_nowhere_else_to_go_a_person_hears_of_it(sandbox: Sandbox):
    make_partner(sandbox)
    sandbox.misbehave("acme", "reject", times=1)
    order, _ = submitted_order()

    assert set(ExceptionCase.objects.values_list("type", flat=True)) == {
        "partner_rejected",
        "no_stock",
        "stock_discrepancy",
    }
    assert again(order).state == "validated"
    assert operations(sandbox) == ["submit"]


@pytest.mark.parametrize("reason", ["", "something_of_their_own", "Pat Canary, 1 Canary Row"])
def test_whatever_reason_is_given_no_customer_is_named(sandbox: Sandbox, reason: str):
    make_partner(sandbox)
    sandbox.misbehave("acme", "reject", times=1, reason=reason)
    _, row = submitted_order()

    assert fresh(row).reject_reason == ("no_stock" if not reason else "other")
    assert "Canary" not in fresh(row).reject_note


def test_a_partner_that_locks_us_out_says_nothing_about_the_order(sandbox: Sandbox):
    make_partner(sandbox)
    make_partner(sandbox, "beta", nodes=("P2",))
    sandbox.misbehave("*", "lock_out")
    order, row = submitted_order()
    in_a_while()

    assert operations(sandbox) == ["submit"]
    assert (fresh(row).state, again(order).state) == ("open", "released")
    case = ExceptionCase.objects.get()
    assert (case.type, case.detail["code"]) == ("dead_letter", "partner_not_configured")
    sandbox.misbehave("*", "normal")
    retry_run(StepRun.objects.get(step="submit_to_partner").pk, AGENT)
    work_it_off()
    assert fresh(row).request_state == "submitted"
