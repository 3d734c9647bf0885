"""A case about a stock level shows the level, who claims it and who else has some."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase
from apps.casework.services import ensure_casework
from apps.core.actor import SYSTEM
from apps.inventory.models import Reservation
from apps.inventory.services import Count, count_stock
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> ExceptionCase:
    ensure_casework()
    make_policy()
    make_stock(N1={"A": 2})
    for number in ("#1", "#2"):
        make_order(lines={"A": 1}, external_number=number)
    work_it_off()
    make_stock(N2={"A": 7})
    count_stock([Count("N1", "A", on_hand=1)], reason="count", actor=SYSTEM)
    work_it_off()
    return ExceptionCase.objects.get(type="oversold")


def test_the_level_its_claims_and_other_nodes_stand_beside_it(log_in: LogIn, case: ExceptionCase):
    text = log_in(Role.AGENT).get(reverse("console:case", args=[case.public_id])).content.decode()

    for part in ("1 short", "on hand", "Who claims it", "#1", "#2", "Route the newest orders elsewhere"):
        assert part in text
    assert text.index(">#2<") < text.index(">#1<")
    assert '<span class="tnum strong">7</span>' in text


def test_it_names_the_orders_without_stock_and_puts_them_first(log_in: LogIn, case: ExceptionCase):
    client = log_in(Role.AGENT)
    text = client.get(reverse("console:case", args=[case.public_id])).content.decode()
    assert text.count("1 without stock") == 1
    assert "Who claims it, those without stock first" in text
    claims = text[text.index('id="claims-title"') :]
    assert claims.index(">#2<") < claims.index("1 without stock") < claims.index(">#1<")

    Reservation.objects.filter(backordered=1).update(backordered=0)
    count_stock([Count("N1", "A", on_hand=2)], reason="count", actor=SYSTEM)

    text = client.get(reverse("console:case", args=[case.public_id])).content.decode()
    assert "without stock" not in text
    assert "Who claims it, newest first" in text


def test_somebody_of_another_node_does_not_see_it(log_in: LogIn, case: ExceptionCase):
    manager = log_in(Role.MANAGER, nodes=["N2"])

    assert manager.get(reverse("console:case", args=[case.public_id])).status_code == 404
