"""The home page: what is going on, and what needs somebody."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from apps.casework.models import ExceptionCase
from apps.core import clock
from apps.orders.models import Order
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def test_what_is_most_urgent_today_is_what_the_exceptions_begin_with(log_in: LogIn, case: ExceptionCase):
    for number in range(3):
        make_order(lines={f"UNKNOWN-{number}": 1}, external_number=f"#{200 + number}")
    work_it_off()
    late = ExceptionCase.objects.order_by("pk").last()
    ExceptionCase.objects.filter(pk=late.pk).update(next_due_at=clock.now() - timedelta(hours=2), severity="low")

    client = log_in()
    shown = re.findall(r"/exceptions/(exc_\w+|cas_\w+)/", client.get("/").content.decode())
    listed = [row.case.public_id for row in client.get("/exceptions/").context["rows"]]

    assert listed[0] == late.public_id
    assert list(dict.fromkeys(shown))[: len(listed)] == listed[:6]
    assert "Late by 2 h" in client.get("/").content.decode()


def test_with_no_exception_it_says_so(log_in: LogIn, released: Order):
    assert "No exception waits for anybody." in log_in().get("/").content.decode()


def test_what_waits_longest_is_told_oldest_first_and_what_has_left_is_not(log_in: LogIn, released: Order):
    held = make_order(lines={"NOBODY-KNOWS": 1}, external_number="#1002")
    gone = make_order(lines={"A": 1}, external_number="#1003")
    work_it_off()
    Order.objects.filter(pk=gone.pk).update(state="shipped")

    waiting = log_in().get("/").context["today"].waiting

    assert [order.pk for order in waiting] == [released.pk, held.pk]
