"""Holding an order by hand: for whatever reason, it stands until somebody releases it, and has somebody to do so."""

from __future__ import annotations

import pytest

from apps.casework.models import ExceptionCase
from apps.core.actor import Actor
from apps.orders.errors import OrderEnded
from apps.orders.models import Hold, Order
from apps.orders.services import place_hold, release_hold
from tests.driving import again, work_it_off
from tests.factories import AGENT, ChannelFactory, UserFactory, make_counted_stock, make_order, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db
OF_CHECKS = ("payment_problem", "fraud_review", "price_mismatch", "unknown_sku", "address_invalid")


@pytest.fixture(autouse=True)
def shop() -> None:
    ChannelFactory()
    make_policy()
    make_counted_stock(N1={"A": 10})


@pytest.mark.parametrize("reason", ["manual", *OF_CHECKS])
def test_a_hold_placed_before_the_order_was_checked_outlives_the_check(reason: str):
    order = make_order(lines={"A": 1})

    place_hold(order.pk, reason=reason, actor=AGENT)
    work_it_off()

    assert Hold.objects.get().released_at is None
    assert again(order).state == "received"


@pytest.mark.parametrize("reason", OF_CHECKS)
def test_for_a_checks_reason_it_opens_the_case_a_check_would_and_none_is_left_when_it_is_released(reason: str):
    order = make_order(lines={"A": 1})
    place_hold(order.pk, reason=reason, note="our fraud service says 92", actor=AGENT)
    work_it_off()

    case = ExceptionCase.objects.get()
    assert (case.type, case.order_id, case.state) == (reason, order.pk, "open")
    assert "our fraud service says 92" in case.sentence
    release_hold(order.pk, reason=reason, actor=AGENT)
    work_it_off()

    assert ExceptionCase.objects.get().state == "resolved"
    assert again(order).state == "released"
    assert_invariants()


def test_one_that_a_channels_contract_places_stands_though_the_check_finds_nothing_and_has_a_case():
    order = make_order(lines={"A": 1})

    place_hold(order.pk, reason="payment_problem", note="Paid by bank transfer.", actor=Actor("channel", "shop"))
    work_it_off()

    case = ExceptionCase.objects.get()
    assert (case.type, case.state, again(order).state) == ("payment_problem", "open", "received")
    assert "Paid by bank transfer." in case.sentence
    assert_invariants()


@pytest.mark.parametrize("reason", ["manual", "no_stock"])
def test_a_hold_by_hand_for_no_checks_reason_has_a_case_that_is_whose_it_is(reason: str):
    order, person = make_order(lines={"A": 1}), UserFactory()

    place_hold(order.pk, reason=reason, note="she rings back", actor=Actor("staff", person.public_id))
    work_it_off()

    case = ExceptionCase.objects.get()
    assert (case.type, case.owner, case.order_id) == ("manual", person, order.pk)
    assert "she rings back" in case.sentence
    assert_invariants()
    release_hold(order.pk, reason=reason, actor=AGENT)
    work_it_off()
    assert ExceptionCase.objects.get().state == "resolved"
    assert again(order).state == "released"


def test_a_case_stands_while_its_hold_does_though_the_check_finds_nothing():
    order = make_order(lines={"A": 1})
    for reason in ("fraud_review", "manual"):
        place_hold(order.pk, reason=reason, actor=AGENT)
    work_it_off()

    release_hold(order.pk, reason="manual", actor=AGENT)
    work_it_off()

    assert ExceptionCase.objects.get(type="fraud_review").state == "open"
    assert again(order).state == "received"


def test_an_order_that_has_left_is_not_held_and_nothing_changes():
    order = make_order(lines={"A": 1})
    Order.objects.filter(pk=order.pk).update(state="shipped")

    with pytest.raises(OrderEnded):
        place_hold(order.pk, reason="manual", actor=AGENT)

    assert not Hold.objects.exists()
