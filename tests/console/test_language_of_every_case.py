"""Whatever a case is about, the page of its reader says it in their language, and how it ended too."""

from __future__ import annotations

from html import unescape

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase
from apps.casework.services import clear_cases
from apps.core.actor import SYSTEM
from apps.core.text import Text
from apps.orders.models import Order
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import make_order, make_stock

pytestmark = pytest.mark.django_db


def no_stock() -> Order:
    make_stock(N1={"A": 1})
    return make_order(lines={"A": 5})


def partly() -> Order:
    make_stock(N1={"A": 1})
    return make_order(lines={"A": 1, "B": 1})


def unpaid() -> Order:
    make_stock(N1={"A": 9})
    return make_order(lines={"A": 1}, payment={"state": "failed"})


def mispriced() -> Order:
    make_stock(N1={"A": 9})
    return make_order(lines={"A": 1}, totals={"total": 900})


def negative() -> Order:
    make_stock(N1={"A": 9})
    return make_order(lines={"A": 1}, totals={"shipping": -100})


def unknown() -> Order:
    return make_order(lines={"NOBODY-KNOWS": 1})


def huge() -> Order:
    make_stock(N1={"A": 9})
    return make_order(lines={"A": 20_000})


@pytest.mark.parametrize(
    "place", [no_stock, partly, unpaid, mispriced, negative, unknown, huge], ids=lambda one: one.__name__
)
def test_a_case_is_read_in_the_language_of_its_reader(log_in: LogIn, place: object):
    order = place()  # type: ignore[operator]
    work_it_off()
    cases = list(ExceptionCase.objects.filter(order=order))
    assert cases

    for case in cases:
        page = unescape(
            log_in(Role.LEAD, language="de").get(reverse("console:case", args=[case.public_id])).content.decode()
        )
        english = unescape(log_in(Role.LEAD).get(reverse("console:case", args=[case.public_id])).content.decode())
        assert isinstance(case.text, Text), case.sentence
        assert case.sentence in english
        assert case.sentence not in page


def test_how_a_case_ended_is_read_in_the_language_of_its_reader(log_in: LogIn):
    order = unknown()
    work_it_off()
    case = ExceptionCase.objects.get(order=order)
    clear_cases([case.subject_ref], types=[case.type], resolution=Text("the cause is gone"), actor=SYSTEM)

    page = log_in(Role.LEAD, language="de").get(reverse("console:case", args=[case.public_id])).content.decode()

    assert "die Ursache besteht nicht mehr" in page
    assert "the cause is gone" not in page
    assert ExceptionCase.objects.get(pk=case.pk).resolution == "the cause is gone"
