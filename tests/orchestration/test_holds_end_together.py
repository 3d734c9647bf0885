"""A hold, its case and the order end together, whoever ends one of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apps.casework.errors import CaseRefused
from apps.casework.models import ExceptionCase
from apps.casework.resolutions.options import options_for
from apps.casework.services import resolve_case
from apps.core.models import Event
from apps.fulfillment.services import call_off_order
from apps.orders.models import Hold, Order
from apps.orders.services import mark_shipped, place_hold, release_hold
from apps.sla.models import SlaTimer
from tests.casework.resolutions.settling import agent, let, settle
from tests.driving import again, work_it_off
from tests.factories import AGENT, ChannelFactory, make_counted_stock, make_order, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop() -> None:
    ChannelFactory()
    make_policy()
    let()
    make_counted_stock(N1={"A": 10})


def unpaid() -> Order:
    return held(payment={"state": "pending"})


def unknown() -> Order:
    return held(lines={"X9": 1})


def sold_out() -> Order:
    return held(lines={"A": 100})


def by_hand() -> Order:
    order = make_order(lines={"A": 1})
    place_hold(order.pk, reason="manual", note="call first", actor=AGENT)
    work_it_off()
    return order


def held(**changes: object) -> Order:
    order = make_order(**{"lines": {"A": 1}, **changes})
    work_it_off()
    return order


@pytest.mark.parametrize("make", [unpaid, unknown, sold_out, by_hand])
def test_with_a_cancelled_order_end_its_holds_cases_and_clocks(make: Callable[[], Order]):
    order = make()
    assert ExceptionCase.objects.filter(state="open").count() == 1

    call_off_order(order.pk, reason="changed their mind", actor=AGENT)
    assert not Hold.objects.filter(released_at=None).exists()
    work_it_off()

    case = ExceptionCase.objects.get()
    assert case.state == "resolved"
    assert not SlaTimer.objects.filter(state__in=["running", "paused"]).exists()
    assert not Event.objects.filter(name="order.resumed").exists()
    assert_invariants()


def test_a_hold_that_is_released_takes_its_case_along():
    order = by_hand()

    release_hold(order.pk, reason="manual", actor=AGENT)
    work_it_off()

    assert ExceptionCase.objects.get().state == "resolved"
    assert again(order).state == "released"
    assert_invariants()


@pytest.mark.parametrize("dismiss", [True, False])
def test_a_case_cant_be_ended_by_words_alone_while_its_hold_stands(dismiss: bool):
    by_hand()
    case = ExceptionCase.objects.get()

    with pytest.raises(CaseRefused):
        resolve_case(case.public_id, resolution="done by phone", dismiss=dismiss, actor=AGENT)

    assert ExceptionCase.objects.get().state == "open"
    assert Hold.objects.get().released_at is None


def test_a_hold_of_a_person_ends_with_the_case_that_was_settled_and_the_check_may_find_it_again():
    order = make_order(lines={"A": 1})
    place_hold(order.pk, reason="address_invalid", note="the bell has no such name", actor=AGENT)
    work_it_off()

    settle(ExceptionCase.objects.get(), "fix_address", address={"line1": "2 Canary Row"})
    work_it_off()

    assert Hold.objects.get().released_at is not None
    assert ExceptionCase.objects.get().state == "resolved"
    assert again(order).state == "released"
    assert_invariants()


def test_an_order_a_partner_ships_all_the_same_is_not_held_any_more():
    order = by_hand()
    Order.objects.filter(pk=order.pk).update(state="released")

    mark_shipped([again(order)], actor=AGENT)
    work_it_off()

    assert Hold.objects.get().released_at is not None
    assert ExceptionCase.objects.get().state == "resolved"


def test_the_case_of_a_hold_by_hand_offers_to_release_it_or_to_cancel():
    by_hand()

    codes = [one.code for one in options_for(ExceptionCase.objects.get(), agent()) if one.allowed]

    assert codes[0] == "release_hold"
    assert "cancel_order" in codes
    assert "handled_outside" not in codes
