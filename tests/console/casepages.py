"""The page of a case, as tests read it and press its buttons."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from apps.casework.models import ExceptionCase
from apps.core import clock
from apps.orders.models import Hold


def text_of(client: Client, case: ExceptionCase, **query: str) -> str:
    return str(client.get(reverse("console:case", args=[case.public_id]), query).content.decode())


def post(client: Client, case: ExceptionCase, door: str, **fields: Any) -> Any:
    return client.post(reverse(f"console:case_{door}", args=[case.public_id]), fields)


def again(case: ExceptionCase) -> ExceptionCase:
    return ExceptionCase.objects.select_related("owner", "queue").get(pk=case.pk)


def without_hold(case: ExceptionCase) -> ExceptionCase:
    """The case while nothing holds its order: it can be closed by words."""
    Hold.objects.filter(order=case.order_id).update(released_at=clock.now())
    return case
