"""The doctor finds a customer's address where none may stand, and takes no code of the merchant's for one."""

from __future__ import annotations

import pytest

from apps.casework.models import ExceptionCase
from apps.core.models import Event
from apps.orchestration.invariants import check
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_stock(N1={"brand@home.mug": 5})
    ChannelFactory()


def strays() -> list[str]:
    return check().offenders["I7"]


def said(text: str) -> None:
    Event.objects.create(name="canary.sent", subject_id=1, actor=str(AGENT), data={"said": text})


@pytest.mark.parametrize("sku", ["brand@home.mug", "unknown@shop.plate"])
def test_a_sku_named_like_an_address_is_a_sku(sku: str):
    make_order(lines={sku: 1})
    work_it_off()

    assert strays() == []


def test_a_customers_address_is_found_whoever_it_is_of():
    make_order(lines={"brand@home.mug": 1}, customer={"email": "pat@mail.example"})
    work_it_off()
    said("sent to PAT@mail.example")
    assert len(strays()) == 1
    said("sent to somebody.nobody.knows@mail.example")
    assert len(strays()) == 2


def test_an_address_that_is_a_customers_is_one_even_where_it_is_a_code_too():
    make_order(lines={"pat@mail.example": 1}, customer={"email": "pat@mail.example", "name": "Pat"})
    said("pat@mail.example")

    assert len(strays()) == 1


@pytest.mark.parametrize("code", ["pat@mail.example", "PAT@MAIL.EXAMPLE", "Pat Canary"])
def test_a_case_about_an_unknown_sku_never_repeats_the_customers_own_words(code: str):
    make_order(lines={code: 1}, customer={"email": "pat@mail.example", "name": "Pat Canary"})
    work_it_off()
    case = ExceptionCase.objects.get()

    assert case.type == "unknown_sku"
    assert code not in case.sentence + str(case.detail)
    assert strays() == []
