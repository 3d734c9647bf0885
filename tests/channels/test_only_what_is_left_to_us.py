"""Only what the source leaves to us ships: not what a counter, another service or the shop itself has delivered."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.fulfillment.models import FulfillmentLine
from apps.orders.models import Hold
from tests.channels.sending import later, send_shopify, shopify_order, the_order
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_stock(N1={"A": 100, "B": 100})
    ChannelFactory(shopify=True)
    ChannelFactory(woocommerce=True)


def to_ship() -> dict[str, int]:
    return {row.sku.code: row.quantity for row in FulfillmentLine.objects.select_related("sku")}


def nothing_asked() -> bool:
    return not Hold.objects.exists() and not ExceptionCase.objects.exists()


@pytest.mark.parametrize("topic", ["orders/create", "orders/updated", "orders/paid"])
def test_a_sale_handed_over_at_the_counter_is_recorded_as_done(client: Client, topic: str):
    sale = shopify_order(
        fulfillment_status="fulfilled", source_name="pos", shipping_address=None, closed_at=later(), location_id=77
    )
    send_shopify(client, sale, topic)
    work_it_off()

    order = the_order()
    assert order.state == "delivered"
    assert [line.elsewhere_quantity for line in order.lines.all()] == [2]
    assert to_ship() == {}
    assert nothing_asked()


def test_a_sale_handed_over_at_the_counter_stays_done_when_the_shop_repeats_it(client: Client):
    send_shopify(client, shopify_order(fulfillment_status="fulfilled", shipping_address=None))
    work_it_off()
    again = shopify_order(fulfillment_status="fulfilled", shipping_address=None, tags="till", updated_at=later())
    send_shopify(client, again, "orders/updated")
    work_it_off()

    assert the_order().state == "delivered"
    assert nothing_asked()
