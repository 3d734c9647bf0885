"""Somebody logged in, and orders to look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import Role, User
from apps.casework.models import ExceptionCase
from apps.casework.services import ensure_casework
from apps.orders.models import Order
from tests.driving import again, work_it_off
from tests.factories import ChannelFactory, UserFactory, make_counted_stock, make_order, make_policy

LogIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def log_in() -> LogIn:
    """``log_in("agent")``: a browser of a member of staff with that role; ``nodes`` narrows them to those."""

    def log_in(role: str = Role.LEAD, *, csrf: bool = False, **fields: Any) -> Client:
        user: User = UserFactory(role=role, **fields)
        client = Client(enforce_csrf_checks=csrf)
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def shop(db: None) -> None:
    """Two nodes with stock, a policy and a channel."""
    ChannelFactory()
    make_policy()
    make_counted_stock(leeds={"A": 50, "B": 5}, york={"A": 5})


@pytest.fixture
def released(shop: None) -> Order:
    """An order on its way: two of A, from one node."""
    order = make_order(lines={"A": 2}, external_number="#1001")
    work_it_off()
    return again(order)


def contact(email: str) -> dict[str, Any]:
    address = {"line1": "1 Canary Row", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB"}
    return {"customer": {"name": "Pat", "email": email}, "shipping_address": {"name": "Pat", "email": email, **address}}


@pytest.fixture
def case(shop: None) -> ExceptionCase:
    """An order with an unknown SKU beside a known one, of a customer with another order."""
    ensure_casework()
    make_order(lines={"A": 1}, external_number="#99", **contact("pat@example.org"))
    make_order(lines={"A": 2, "NOBODY-KNOWS": 1}, external_number="#100", **contact("pat@example.org"))
    work_it_off()
    return ExceptionCase.objects.get(order__external_number="#100")
