"""Releasing a hold."""

from __future__ import annotations

import pytest

from apps.casework.models import ExceptionCase
from apps.orders.errors import NoSuchHold
from apps.orders.models import Hold
from apps.orders.services import release_hold
from tests.driving import again, work_it_off
from tests.factories import AGENT, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


def test_an_order_whose_risk_a_person_has_judged_goes_on_and_is_not_held_for_it_again():
    make_policy()
    make_stock(N1={"A": 5})
    order = make_order(risk={"level": "high"})
    work_it_off()
    assert Hold.objects.get().reason == "fraud_review"

    release_hold(order.pk, reason="fraud_review", note="called the customer", actor=AGENT)
    work_it_off()

    assert again(order).state == "released"
    assert not Hold.objects.filter(released_at__isnull=True).exists()
    assert not ExceptionCase.objects.filter(state="open").exists()


def test_refuses_to_release_what_does_not_hold_and_changes_nothing():
    order = make_order()

    with pytest.raises(NoSuchHold):
        release_hold(order.pk, reason="manual", actor=AGENT)

    assert again(order).state == "received"
    assert not Hold.objects.exists()
