"""GET /orders/{order}/changes: by whom, when, why, before and after."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apps.core.actor import Actor
from apps.orders.models import Order
from apps.orders.services import revise_order
from tests.api.front_door import Door
from tests.factories import canonical, make_order

pytestmark = pytest.mark.django_db


def test_a_revised_order_says_what_it_was(api: Door, shop: None):
    order: Order = make_order(lines={"A": 2}, channel="api")
    body = {
        "external_id": order.external_id,
        "placed_at": "2026-01-01T00:00:00Z",
        "updated_at": "2099-01-01T00:00:00Z",
        "currency": "GBP",
        "customer": {"name": "Pat Canary"},
        "shipping_address": {"line1": "9 New Road", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB"},
        "lines": [{"line_id": "1", "sku": "A", "quantity": 3, "unit_price": 1000}],
    }
    before = api.get(f"orders/{order.public_id}/changes").data
    assert [one["field"] for one in before["items"]] == []

    revise_order(order.pk, canonical(**body), actor=Actor("channel", "api"))

    answer = api.get(f"orders/{order.public_id}/changes").data
    found = {
        (one["of"], one["label"], one["field"]): (one["before"], one["after"], one["actor"]) for one in answer["items"]
    }
    assert found["line", "1", "quantity"] == (2, 3, "channel:api")
    assert found["contact", "ship_to", "line1"] == ("1 Canary Row", "9 New Road", "channel:api")
    assert found["order", "", "total_minor"][:2] == (2000, 3000)
    assert answer["truncated"] is False


def test_the_key_of_a_caller_and_the_verb_stand_on_what_it_changed(api: Door, shop: None):
    order: Order = make_order(lines={"A": 2}, channel="api")

    api.post(f"orders/{order.public_id}/cancel", {"reason": "changed their mind"})

    items = api.get(f"orders/{order.public_id}/changes").data["items"]
    [state] = [one for one in items if one["field"] == "state"]
    assert state["actor"].startswith("key:")
    assert state["reason"].startswith("POST api/v1/orders/")


def test_nothing_of_an_order_of_another_channel_is_told(door: Callable[..., Door], shop: None):
    order: Order = make_order(lines={"A": 2}, channel="api")

    assert door(channels=["elsewhere"]).get(f"orders/{order.public_id}/changes").status_code == 404
