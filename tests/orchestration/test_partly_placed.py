"""An order of which a part has no place yet is not through when the other part has left."""

from datetime import timedelta

import pytest

from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, deliver_shipment, ship_fulfillment_order
from apps.inventory.services import Count, count_stock
from apps.orders.models import Order, OrderLine
from apps.orders.services import cancel_lines
from tests.driving import again, work_it_off
from tests.factories import AGENT, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    """Two of A, of which one is there, shipped by itself as the policy says."""
    make_policy(partial="ship_available")
    make_stock(N1={"A": 1})
    made = make_order(lines={"A": 2})
    work_it_off()
    return made


def ship_and_deliver() -> None:
    row = FulfillmentOrder.objects.get(state="accepted")
    shipment = ship_fulfillment_order(row.pk, external_id=f"S{row.pk}", parcels=[Parcel()], actor=AGENT)
    deliver_shipment(shipment.public_id, actor=AGENT)
    work_it_off()


def test_it_is_not_shipped_while_units_wait_for_a_place(order: Order):
    ship_and_deliver()

    assert again(order).state == "released"


def test_once_stock_comes_the_rest_goes_too_and_then_it_is_delivered(order: Order):
    ship_and_deliver()

    make_stock(N2={"A": 5})
    count_stock([Count("N2", "A", on_hand=6)], reason="count", actor=AGENT)
    with clock.moved(timedelta(seconds=5)):
        work_it_off()
    ship_and_deliver()

    assert again(order).state == "delivered"


def test_once_the_rest_is_cancelled_it_is_through(order: Order):
    ship_and_deliver()

    cancel_lines(order.pk, units={OrderLine.objects.get().pk: 1}, reason="", actor=AGENT)
    work_it_off()

    assert again(order).state in ("shipped", "delivered")
