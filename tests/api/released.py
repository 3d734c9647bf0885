"""Orders in the states tests start from."""

from __future__ import annotations

from typing import Any

from apps.fulfillment.models import FulfillmentOrder
from apps.orders.models import Order
from tests.driving import again, work_it_off
from tests.factories import make_order


def released_order(**changes: Any) -> Order:
    """An order worked off as far as its nodes; needs ``shop`` and a transactional test."""
    order = make_order(**changes)
    work_it_off()
    return again(order)


def its_fulfillment_order(order: Order) -> FulfillmentOrder:
    return FulfillmentOrder.objects.get(order=order)
