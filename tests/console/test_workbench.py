"""The workbench: queues, the way from case to case, and what is done to a case."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase
from apps.casework.services import ensure_casework
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases(shop: None) -> list[ExceptionCase]:
    """Three orders with an unknown SKU each."""
    ensure_casework()
    for _ in range(3):
        make_order(lines={"NOBODY-KNOWS": 1})
    work_it_off()
    return list(ExceptionCase.objects.order_by("pk"))


def page_of(client: Any, case: ExceptionCase) -> str:
    return str(client.get(reverse("console:case", args=[case.public_id])).content.decode())


def test_the_queue_shows_what_waits(log_in: LogIn, cases: list[ExceptionCase]):
    answer = log_in(Role.AGENT).get("/exceptions/")

    assert [row.case.pk for row in answer.context["leaf"].rows] == [case.pk for case in cases]
    assert "NOBODY-KNOWS" in answer.content.decode()


def test_a_case_is_shown_with_its_recommendation(log_in: LogIn, cases: list[ExceptionCase]):
    text = page_of(log_in(Role.AGENT), cases[0])
    assert "Recommended" in text
