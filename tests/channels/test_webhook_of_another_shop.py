"""A webhook that is signed with our secret and is not from the shop that the channel is connected to.

Shopify's is in ``test_shopify_bad_days.py``. BigCommerce, Amazon, eBay and Etsy send no more than ids, and what they name is fetched with
the channel's own credentials from its own shop.
"""

from __future__ import annotations

import pytest
from django.test import Client

from apps.channels.models import Channel, InboxMessage
from apps.orders.models import Order
from tests.channels.sending import send_woo, woo_order
from tests.driving import work_it_off
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Channel:
    made: Channel = ChannelFactory(woocommerce=True, account="https://harbour-and-pine.example")
    return made


def test_woocommerce_names_its_shop_and_another_ones_order_is_rejected_in_words(client: Client, channel: Channel):
    send_woo(client, woo_order(1), source="https://other.example/")
    work_it_off()

    assert not Order.objects.exists()
    message = InboxMessage.objects.get()
    assert message.verdict == "rejected"
    assert "it is from https://other.example/" in message.reason


@pytest.mark.parametrize("source", ["https://harbour-and-pine.example/", "http://Harbour-and-Pine.example", ""])
def test_its_own_shops_are_read_however_the_address_is_written(client: Client, channel: Channel, source: str):
    send_woo(client, woo_order(1), source=source)
    work_it_off()

    assert Order.objects.count() == 1
