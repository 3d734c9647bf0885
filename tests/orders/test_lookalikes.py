"""The same goods twice: a duplicate where it is the same person, and none where it only looks like it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.casework.models import ExceptionCase
from apps.core import clock
from apps.orders.models import Order
from tests.driving import again, work_it_off
from tests.factories import ChannelFactory, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db
AT = {"name": "Pat Canary", "line1": "1 Canary Row", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB"}
ELSEWHERE = {
    "name": "Kim Sparrow",
    "line1": "9 Other Street",
    "city": "York",
    "postal_code": "YO1 7HH",
    "country": "GB",
}


@pytest.fixture(autouse=True)
def _shop() -> None:
    ChannelFactory()
    make_policy()
    make_stock(N1={"A": 100, "B": 100})


def order(*, email: str = "", phone: str = "", at: dict[str, str] = AT, minutes: int = 0, **changes: Any) -> Order:
    placed = (clock.now() + timedelta(minutes=minutes)).isoformat()
    customer = {"name": at["name"], "email": email, "phone": phone}
    return make_order(
        **{"lines": {"A": 2}, "placed_at": placed, "customer": customer, "shipping_address": at, **changes}
    )


def suspected(second: Order) -> str:
    work_it_off()
    case = ExceptionCase.objects.filter(type="duplicate_suspected", order=second).first()
    return case.sentence if case else ""


def test_the_same_person_with_another_mail_address_is_found_by_name_and_address():
    first = order(email="pat@example.test")
    second = order(email="p.canary@other.test", at=AT | {"line1": "1, Canary row", "postal_code": "ls11aa"})

    said = suspected(second)

    assert f"The same goods as order {first.number}" in said
    assert "with the same name and address" in said
    assert "Canary" not in said
    assert again(first).state == "released"


def test_by_phone_number_in_another_spelling_and_address():
    order(phone="0113 496 0000")

    assert "phone number" in suspected(order(phone="+44 113 4960000", at=AT | {"name": "P. Canary"}))


def test_by_mail_address_and_name():
    order(email="pat@example.test")

    assert "e-mail" in suspected(order(email="PAT@example.test".lower(), at=ELSEWHERE | {"name": "Pat Canary"}))


@pytest.mark.parametrize(
    "second",
    [
        {"email": "kim@example.test", "at": ELSEWHERE},
        {"email": "kim@example.test", "at": AT | {"name": "Kim Sparrow"}},
        {"email": "kim@example.test", "at": ELSEWHERE | {"name": "Pat Canary"}},
        # One mail address for many: a market place's, a counter's, or presents for two.
        {"email": "pat@example.test", "at": ELSEWHERE},
        {"email": "pat@example.test", "lines": {"A": 1, "B": 1}},
        {"email": "pat@example.test", "minutes": 11},
    ],
)
def test_what_only_looks_alike_is_let_through(second: dict[str, Any]):
    order(email="pat@example.test")

    later = order(**second)

    assert suspected(later) == ""
    assert again(later).state == "released"


def test_a_cancelled_one_has_no_twin():
    first = order(email="pat@example.test")
    Order.objects.filter(pk=first.pk).update(state="cancelled")

    assert suspected(order(email="pat@example.test")) == ""
