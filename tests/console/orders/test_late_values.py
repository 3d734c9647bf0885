"""The page of a change that came too late: who it is, old and new, stands there and nowhere else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import pack_fulfillment_order, pick_fulfillment_order
from apps.orders.services import revise_order
from tests.console.casepages import text_of
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import AGENT, canonical, make_order

pytestmark = pytest.mark.django_db


def test_what_came_too_late_stands_old_and_new_on_the_page_and_nowhere_else(log_in: LogIn, shop: None):
    order = make_order(lines={"A": 1})
    work_it_off()
    pack_fulfillment_order(
        pick_fulfillment_order(FulfillmentOrder.objects.get(order=order).pk, actor=AGENT).pk, actor=AGENT
    )
    at = order.placed_at + timedelta(minutes=1)
    address = {
        "name": "Kim Sparrow",
        "line1": "9 Other Street",
        "city": "Leeds",
        "postal_code": "LS1 1AA",
        "country": "GB",
    }
    later = canonical(external_id=order.external_id, placed_at=order.placed_at, updated_at=at, shipping_address=address)
    revise_order(order.pk, later, actor=AGENT, bound=True, in_hand=["Leeds"], at_nodes=1)
    work_it_off()

    case = ExceptionCase.objects.get(type="changed_after_release")
    text = text_of(log_in(Role.AGENT), case)

    assert "Sparrow" not in f"{case.sentence}{case.detail}"
    for part in ("Pat Canary", "Kim Sparrow", "1 Canary Row", "9 Other Street", "The channel says now"):
        assert part in text
