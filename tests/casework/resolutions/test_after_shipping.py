"""What is offered about goods that are out of our hands, and what choosing it leads to."""

from __future__ import annotations

import pytest

from apps.casework.models import ExceptionCase
from apps.casework.resolutions import options_for
from apps.casework.resolutions.errors import NotResolvable
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentOrder, Shipment
from apps.fulfillment.services import (
    Parcel,
    call_off_order,
    deliver_shipment,
    fail_delivery,
    ship_fulfillment_order,
)
from apps.orders.models import Order
from tests.casework.resolutions.settling import agent, case_of, fresh, let, settle
from tests.driving import again, work_it_off
from tests.factories import AGENT, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules():
    let()


def half_left() -> tuple[Order, ExceptionCase]:
    """Two of A have left by DHL, B was stopped."""
    make_policy()
    make_stock(N1={"A": 5}, N2={"B": 5})
    order = make_order(lines={"A": 2, "B": 1}, shipping={"preference": "split_allowed"})
    work_it_off()
    row = FulfillmentOrder.objects.get(order=order, node__code="N1")
    parcel = Parcel(tracking_number="T1")
    ship_fulfillment_order(row.pk, external_id="S", parcels=[parcel], carrier="DHL", actor=AGENT)
    call_off_order(order.pk, reason="changed my mind", actor=AGENT)
    work_it_off()
    return order, case_of(order, "cancel_after_ship")


def undelivered() -> tuple[Order, ExceptionCase]:
    make_policy()
    make_stock(N1={"A": 5})
    order = make_order(lines={"A": 2})
    work_it_off()
    row = FulfillmentOrder.objects.get(order=order)
    ship_fulfillment_order(row.pk, external_id="S", parcels=[Parcel(tracking_number="T1")], carrier="DHL", actor=AGENT)
    fail_delivery(Shipment.objects.get().public_id, reason="refused", actor=AGENT)
    work_it_off()
    return order, case_of(order, "undeliverable")


def offered(case: ExceptionCase) -> dict[str, bool]:
    return {one.code: one.recommended for one in options_for(case, agent()) if one.allowed}


def test_a_cancellation_after_half_has_left_offers_interception_first_then_return_and_refund():
    _, case = half_left()

    found = offered(case)
    assert next(iter(found)) == "intercept_parcel"
    assert found["intercept_parcel"]
    assert {"await_return", "instruct_refund", "resend_goods", "handled_outside"} <= found.keys()


def test_an_undeliverable_parcel_offers_to_send_again_first():
    _, case = undelivered()

    found = offered(case)
    assert next(iter(found)) == "resend_goods"
    assert {"intercept_parcel", "await_return", "instruct_refund"} <= found.keys()


def test_intercepting_says_which_parcel_and_waits_for_the_carrier():
    order, case = half_left()
    action = settle(case, "intercept_parcel")

    assert "DHL T1" in action.outcome
    assert (fresh(case).state, fresh(case).waiting_on) == ("waiting", "partner")
    assert again(order).state == "shipped"


def test_what_has_arrived_is_not_intercepted_and_a_return_waits_for_the_customer():
    _, case = half_left()
    deliver_shipment(Shipment.objects.get().public_id, actor=AGENT)
    with pytest.raises(NotResolvable, match="agree on a return"):
        settle(case, "intercept_parcel")
    assert fresh(case).state == "open"

    settle(case, "await_return")
    assert (fresh(case).state, fresh(case).waiting_on) == ("waiting", "customer")


def test_a_refund_is_what_was_paid_for_what_has_left_and_stands_on_the_timeline():
    order, case = half_left()
    action = settle(case, "instruct_refund")

    assert "20.00" in action.outcome
    assert fresh(case).state == "resolved"
    agreed = Event.objects.get(stream=order.public_id, name="order.refund_agreed").data
    assert (agreed["amount_minor"], agreed["currency"]) == (2000, "GBP")


def test_no_more_is_refunded_or_sent_again_than_has_left():
    _, case = half_left()

    with pytest.raises(NotResolvable, match="2 have left"):
        settle(case, "instruct_refund", units={"1": 3})
    assert fresh(case).state == "open"
    assert not Event.objects.filter(name="order.refund_agreed").exists()


def test_nothing_is_paid_back_twice_in_whatever_case():
    order, case = half_left()
    settle(case, "instruct_refund", units={"1": 1})
    again_open = ExceptionCase.objects.create(
        type="undeliverable", subject_ref="again", sentence="Came back.", order=order, currency="GBP"
    )

    with pytest.raises(NotResolvable, match="1 are to be paid back already; 2 have left"):
        settle(again_open, "instruct_refund", units={"1": 2})
    settle(again_open, "instruct_refund", units={"1": 1})

    assert Event.objects.filter(name="order.refund_agreed").count() == 2


def test_sending_again_is_noted_with_its_units():
    _, case = undelivered()
    settle(case, "resend_goods", units={"1": 1})

    assert fresh(case).resolution == "To be sent again: 1 x A."
