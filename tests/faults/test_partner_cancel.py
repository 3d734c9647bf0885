"""Cancelling fails, or races the goods leaving (rows 23, 24)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from apps.casework.models import ExceptionCase
from apps.compensation.models import ExternalEffect
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder, Shipment
from apps.fulfillment.services import call_off_order
from apps.inventory.models import StockLevel
from apps.orchestration.models import StepRun
from apps.orders.errors import OrderNotCancellable
from apps.orders.models import Order
from orchestrator.sandbox import Sandbox
from tests.driving import again, work_it_off
from tests.factories import AGENT
from tests.partnering import (
    deliver_news,
    fresh,
    in_a_while,
    later,
    make_partner,
    operations,
    post,
    requested_order,
    sandbox_held_to_the_invariants,
    submitted_order,
    taken,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


@pytest.fixture
def sandbox(transactional_db: None) -> Iterator[Sandbox]:
    yield from sandbox_held_to_the_invariants()


def call_off(order: Order) -> None:
    call_off_order(order.pk, reason="changed my mind", actor=AGENT)


def test_a_failing_cancellation_is_tried_until_it_works(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = submitted_order()
    sandbox.misbehave("acme", "fail", only="cancel")
    call_off(order)
    for minute in range(5):
        later(60 * minute)
    ledger = ExternalEffect.objects.get()
    assert (ledger.state, ledger.subject_ref, ledger.stream) == ("stuck", row.public_id, order.public_id)
    case = ExceptionCase.objects.get()
    assert (case.type, case.state, case.order_id) == ("compensation_stuck", "open", order.pk)

    # It stays stuck for hours, and is tried all the same.
    tried = operations(sandbox).count("cancel")
    for hour in range(1, 4):
        later(3600 * hour)
    assert operations(sandbox).count("cancel") > tried
    assert not StepRun.objects.filter(state="parked").exists()
    sandbox.misbehave("acme", "normal")
    for minute in range(1, 4):
        later(3600 * 3 + 60 * minute)
    assert fresh(row).state == "cancelled"
    assert taken(sandbox, row)[0].state == "cancelled"
    assert ExternalEffect.objects.get().state == "compensated"
    assert ExceptionCase.objects.get().state == "resolved"
    assert StockLevel.objects.get().reserved == 0


def test_five_failures_make_it_stuck_and_four_do_not(sandbox: Sandbox):
    make_partner(sandbox)
    order, _ = submitted_order()
    sandbox.misbehave("acme", "fail", only="cancel", times=4)
    call_off(order)
    in_a_while(seconds=120, times=6)

    assert ExternalEffect.objects.get().attempts == 4
    assert ExternalEffect.objects.get().state == "compensated"
    assert not ExceptionCase.objects.exists()


def test_an_order_cancelled_while_the_answer_is_out_is_taken_back(sandbox: Sandbox):
    make_partner(sandbox)
    sandbox.misbehave("acme", "lose_ack", times=1)
    order, row = submitted_order()
    assert fresh(row).request_state == "unsubmitted"
    call_off(order)
    in_a_while()

    assert operations(sandbox) == ["submit", "look_up", "cancel"]
    assert fresh(row).state == taken(sandbox, row)[0].state == "cancelled"
    assert not ExceptionCase.objects.exists()


def test_an_order_cancelled_while_nobody_knows_whether_they_have_it_goes_before_a_person(sandbox: Sandbox):
    make_partner(sandbox, capabilities=["accept_reject", "cancel"])
    sandbox.misbehave("acme", "lose_ack", times=1)
    order, _ = submitted_order()
    call_off(order)
    in_a_while()

    assert operations(sandbox) == ["submit"]
    assert set(ExceptionCase.objects.values_list("type", flat=True)) == {"outcome_unknown", "cancel_after_ship"}
    assert ExternalEffect.objects.get().state == "succeeded"


def test_an_order_cancelled_in_the_middle_of_being_handed_over_is_not_forgotten(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = requested_order()
    sandbox.misbehave("acme", "slow", times=1, seconds=1, only="submit")

    def hand_over() -> None:
        work_it_off()
        connection.close()

    thread = threading.Thread(target=hand_over)
    thread.start()
    while not operations(sandbox):
        pass
    call_off(order)
    work_it_off()
    # Whether the partner takes it is being decided at this moment; neither answer may be assumed.
    assert fresh(row).state == "open"
    thread.join()
    in_a_while()
    assert fresh(row).state == taken(sandbox, row)[0].state == "cancelled"
    assert ExternalEffect.objects.get().state == "compensated"


def test_goods_that_left_before_the_partner_was_asked_are_recorded_and_go_before_a_person(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = submitted_order()
    call_off(order)
    sandbox.three_pl.ship(taken(sandbox, row)[0].reference)
    assert deliver_news(sandbox) == [200]
    in_a_while()

    assert (again(order).state, fresh(row).state) == ("cancelled", "shipped")
    case = ExceptionCase.objects.get()
    assert (case.type, case.subject_ref) == ("cancel_after_ship", row.public_id)
    assert "cancel" not in operations(sandbox)
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (9, 0)


def test_goods_that_left_while_the_partner_was_being_asked_are_recorded(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = submitted_order()
    sandbox.misbehave("acme", "fail", only="cancel")
    call_off(order)
    work_it_off()
    sandbox.three_pl.ship(taken(sandbox, row)[0].reference)
    assert deliver_news(sandbox) == [200]
    in_a_while()

    assert (fresh(row).state, fresh(row).request_state) == ("shipped", "cancel_rejected")
    case = ExceptionCase.objects.get()
    assert (case.type, case.state) == ("cancel_after_ship", "open")
    assert ExternalEffect.objects.get().state == "succeeded"
    assert StepRun.objects.get(step="ask_partner_to_cancel").state == "done"


def test_goods_that_left_although_the_partner_had_agreed_to_stop(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = submitted_order(lines={"A": 2})
    call_off(order)
    work_it_off()
    assert fresh(row).state == "cancelled"
    sandbox.three_pl.ship(taken(sandbox, row)[0].reference, force=True)
    [message] = sandbox.postman.sent
    assert [post(message).status_code for _ in range(3)] == [200] * 3
    in_a_while()

    assert fresh(row).state == "cancelled"
    assert Shipment.objects.count() == 1
    case = ExceptionCase.objects.get()
    assert (case.type, case.occurrences) == ("cancel_after_ship", 1)
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (8, 0)


def test_cancelling_and_shipping_at_the_same_moment_has_one_winner(sandbox: Sandbox):
    make_partner(sandbox)
    with ThreadPoolExecutor(2) as both:
        races = [race(sandbox, both) for _ in range(6)]
    in_a_while()

    # A partner's word that goods have left is always true; the question is whether the customer got a yes before it.
    for order, row, called_off, status in races:
        assert (status, fresh(row).state) == (200, "shipped")
        assert again(order).state == ("cancelled" if called_off else "shipped")
        assert ExceptionCase.objects.filter(type="cancel_after_ship", order=order).exists() == called_off
    assert {line.shipped_quantity for line in FulfillmentLine.objects.all()} == {1}
    assert FulfillmentOrder.objects.count() == 6


def race(sandbox: Sandbox, both: ThreadPoolExecutor) -> tuple[Order, FulfillmentOrder, bool, int]:
    """A cancellation and the news that the goods have left, at the same moment: was it cancelled, how was the news taken."""
    order, row = submitted_order()
    sandbox.three_pl.ship(taken(sandbox, row)[0].reference)
    message, start = sandbox.postman.sent[-1], threading.Barrier(2)

    def cancel() -> bool:
        start.wait()
        try:
            call_off(order)
        except OrderNotCancellable:
            return False
        finally:
            connection.close()
        return True

    def ship() -> int:
        start.wait()
        try:
            return int(post(message).status_code)
        finally:
            connection.close()

    cancelled, shipped = both.submit(cancel), both.submit(ship)
    return order, row, cancelled.result(), shipped.result()
