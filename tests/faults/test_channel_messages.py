"""Channels misbehave: messages twice, late, early, out of order, unreadable. Orders come in once and as they were meant."""

from __future__ import annotations

import itertools
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.models import Channel, InboxMessage
from apps.channels.services import intake
from apps.channels.verdict_reasons import NEW_ORDER
from apps.core import clock
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentOrder
from apps.inventory.services import Count, count_stock
from apps.orchestration.models import RunState, StepRun
from apps.orders.models import Order
from tests.channels.sending import later, send_shopify, send_woo, shopify_order, the_order, verdicts, woo_order
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, NodeFactory, SkuFactory, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    NodeFactory(code="N1"), SkuFactory(code="A")
    count_stock([Count(node="N1", sku="A", on_hand=500)], reason="opening stock", actor=AGENT)
    ChannelFactory(shopify=True)
    ChannelFactory(woocommerce=True)


def cancelled(order_id: int = 1, **changes: Any) -> dict[str, Any]:
    return shopify_order(order_id, cancelled_at=later(9), updated_at=later(9), **changes)


def in_hand() -> list[str]:
    """States of fulfillment orders somebody might still be working on."""
    return [row.state for row in FulfillmentOrder.objects.all() if row.state != "cancelled"]


def test_a_webhook_delivered_ten_times_has_one_effect(client: Client):
    answers = [send_shopify(client, shopify_order(), webhook_id="w") for _ in range(10)]
    work_it_off()

    assert {answer.status_code for answer in answers} == {200}
    assert Order.objects.count() == 1
    assert FulfillmentOrder.objects.count() == 1
    assert_invariants()


def test_the_same_order_in_ten_messages_is_one_order(client: Client):
    for _ in range(10):
        send_shopify(client, shopify_order())
    work_it_off()

    assert Order.objects.count() == 1
    assert [verdict for verdict, _ in verdicts()] == ["accepted"] + ["duplicate"] * 9


@pytest.mark.parametrize(
    "notice", [(cancelled(), "orders/cancelled"), ({"id": 1}, "orders/delete")], ids=["cancelled", "deleted"]
)
def test_a_cancellation_that_overtakes_its_order_is_applied_when_it_comes(client: Client, notice: tuple[Any, str]):
    send_shopify(client, *notice)
    work_it_off()
    assert verdicts()[0][0] == "waiting"

    with clock.moved(timedelta(minutes=10)):
        send_shopify(client, shopify_order())
        work_it_off()

    assert the_order().state == "cancelled"
    assert not FulfillmentOrder.objects.exists()
    assert [verdict for verdict, _ in verdicts()] == ["accepted", "accepted"]
    assert not Event.objects.filter(name="order.routed").exists()
    assert_invariants()


def test_a_cancellation_counts_even_if_its_order_comes_hours_later(client: Client):
    send_shopify(client, cancelled(), "orders/cancelled")
    work_it_off()
    with clock.moved(timedelta(minutes=16)):
        work_it_off()
    assert verdicts() == [("ignored", "its order never came")]

    with clock.moved(timedelta(hours=4)):
        send_shopify(client, shopify_order())
        work_it_off()

    assert the_order().state == "cancelled"
    assert not in_hand()


def test_paid_before_created_is_one_paid_order(client: Client):
    send_shopify(client, shopify_order(updated_at=later(), financial_status="paid"), "orders/paid")
    work_it_off()
    send_shopify(client, shopify_order(financial_status="pending"), "orders/create")
    work_it_off()

    assert Order.objects.count() == 1
    assert (the_order().payment_state, the_order().state) == ("paid", "released")
    assert_invariants()


def test_a_payload_four_hours_old_changes_nothing(client: Client):
    send_shopify(client, shopify_order(financial_status="pending"))
    send_shopify(client, shopify_order(updated_at="2026-11-02T13:00:00Z", financial_status="paid"), "orders/paid")
    work_it_off()
    state = the_order().state
    send_shopify(client, shopify_order(updated_at=later(), financial_status="pending"), "orders/updated")
    work_it_off()

    assert (the_order().state, the_order().payment_state) == (state, "paid")
    assert verdicts()[-1] == ("ignored", "older than what we know of the order")


def story(order_id: int) -> list[tuple[dict[str, Any], str]]:
    return [
        (shopify_order(order_id, financial_status="pending"), "orders/create"),
        (shopify_order(order_id, financial_status="paid", updated_at=later(1)), "orders/paid"),
        (shopify_order(order_id, financial_status="paid", updated_at=later(2), note="ring twice"), "orders/updated"),
        (cancelled(order_id), "orders/cancelled"),
    ]


@pytest.mark.parametrize("together", [True, False], ids=["in one go", "one after another"])
def test_whatever_the_order_of_arrival_a_cancelled_order_is_never_fulfilled(client: Client, together: bool):
    sequences = list(itertools.permutations(range(4)))
    for step in range(4):
        for number, sequence in enumerate(sequences, 1):
            send_shopify(client, *story(number)[sequence[step]])
        if not together:
            work_it_off()
    work_it_off()

    ended = {order.external_id: (order.state, order.payment_state) for order in Order.objects.all()}
    assert ended == {str(number): ("cancelled", "paid") for number in range(1, len(sequences) + 1)}
    assert not in_hand()
    assert not InboxMessage.objects.filter(verdict="waiting").exists()
    assert_invariants()


def test_a_cancellation_and_its_order_taken_in_at_the_same_moment_meet():
    """Two workers, one with each: there is no moment at which neither sees the other's."""
    for number in range(1, 9):
        send_shopify(Client(), cancelled(number), "orders/cancelled")
        send_shopify(Client(), shopify_order(number))
    ids = list(InboxMessage.objects.order_by("pk").values_list("pk", flat=True))
    ready = threading.Barrier(2)

    def take(messages: list[int]) -> None:
        try:
            for pk in messages:
                ready.wait(10)
                intake.take_in_messages([pk])
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[ids[start::2]]) for start in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(Order.objects.values_list("state", flat=True)) == {"cancelled"}
    assert Order.objects.count() == 8
    assert not InboxMessage.objects.filter(verdict="waiting").exists()


def test_many_workers_with_the_same_messages_make_each_order_once():
    for number in range(1, 31):
        send_woo(Client(), woo_order(number), "order.created", webhook_id="1")
        send_woo(Client(), woo_order(number), "order.updated", webhook_id="2")
    errors: list[Exception] = []

    def work() -> None:
        try:
            work_it_off()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work_it_off()

    assert not errors
    assert Order.objects.count() == 30
    assert sorted(verdict for verdict, _ in verdicts()) == ["accepted"] * 30 + ["duplicate"] * 30
    assert_invariants()


def test_a_poisonous_message_is_parked_after_five_attempts_and_the_others_go_through(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    for number in (1, 2, 3):
        send_shopify(client, shopify_order(number))
    poison(monkeypatch, "#2")

    work_it_off()
    assert {order.external_id for order in Order.objects.all()} == {"1", "3"}
    for minutes in range(1, 10):
        with clock.moved(timedelta(minutes=2 * minutes)):
            work_it_off()

    run = StepRun.objects.get(step="take_in_message", state=RunState.PARKED)
    message = InboxMessage.objects.get(external_id="2")
    assert (run.attempts, run.error_code) == (5, "attempts_spent")
    assert run.last_error == f"IntakeFailed('ValueError while taking in {message.public_id}')"
    case = ExceptionCase.objects.get()
    assert (case.type, case.subject_ref) == ("dead_letter", message.public_id)
    assert message.verdict == "waiting"
    assert_invariants()


def test_a_parked_message_goes_through_once_the_fault_is_mended(client: Client, monkeypatch: pytest.MonkeyPatch):
    from apps.orchestration.services import retry_run

    send_shopify(client, shopify_order())
    with monkeypatch.context() as broken:
        poison(broken, "#1")
        for minutes in range(10):
            with clock.moved(timedelta(minutes=2 * minutes)):
                work_it_off()
    retry_run(StepRun.objects.get(state=RunState.PARKED).pk, AGENT)
    work_it_off()

    assert verdicts() == [("accepted", NEW_ORDER)]
    assert the_order().state == "released"


def poison(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    """Orders with this number break the intake with an error that quotes the customer."""
    accept = intake.accept_orders

    def accept_or_break(canonicals: Any, **arguments: Any) -> Any:
        if any(canonical.external_number == number for canonical in canonicals):
            raise ValueError(f"could not store {canonicals[0].customer.email} of Pat Canary")
        return accept(canonicals, **arguments)

    monkeypatch.setattr(intake, "accept_orders", accept_or_break)


def test_a_broken_setting_of_one_channel_stops_no_other(client: Client):
    Channel.objects.filter(code="woo").update(settings={"shipping_methods": ["not", "a", "table"], "tables": {"x": 3}})
    send_woo(client, woo_order(1))
    send_shopify(client, shopify_order(2))
    work_it_off()

    assert Order.objects.count() == 2
