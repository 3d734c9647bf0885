"""One order, all the way."""

import pytest

from apps.core.models import Event
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, deliver_shipment, ship_fulfillment_order
from apps.inventory.models import StockLevel
from tests.driving import again, work_it_off
from tests.factories import AGENT, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


def test_a_stocked_order_goes_from_accepted_to_delivered():
    make_policy()
    make_stock(N1={"A": 5})
    order = make_order(lines={"A": 2})

    work_it_off()
    assert again(order).state == "released"
    fulfillment_order = FulfillmentOrder.objects.get(order=order)
    assert fulfillment_order.state == "accepted"
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (5, 2)

    shipment = ship_fulfillment_order(
        fulfillment_order.pk, external_id="S1", parcels=[Parcel(tracking_number="T1")], actor=AGENT
    )
    work_it_off()
    assert again(order).state == "shipped"
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (3, 0)

    deliver_shipment(shipment.public_id, actor=AGENT)
    work_it_off()
    assert again(order).state == "delivered"
    names = list(Event.objects.filter(stream=order.public_id).order_by("pk").values_list("name", flat=True))
    assert names == [
        "order.accepted",
        "order.validated",
        "order.routed",
        "order.released",
        "fulfillment.accepted",
        "fulfillment.shipped",
        "order.shipped",
        "fulfillment.delivered",
        "order.delivered",
    ]
