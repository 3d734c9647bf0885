"""Etsy's rate: what takes more calls than it allows at once is sent at its pace."""

from __future__ import annotations

import pytest

from apps.listings.models import Listing, StockFeed
from orchestrator.sandbox.shops.etsy import Etsy
from tests.channels.etsy import etsy_channel
from tests.channels.simulated import simulated
from tests.factories import SkuFactory, make_stock
from tests.listings.listing import pass_on

pytestmark = pytest.mark.django_db(transaction=True)


def test_more_listings_than_a_burst_has_calls_for_are_all_sent_each_once():
    """Each is read and written, so that the shop's rate is used up in the middle of it: what was sent by then is not sent again."""
    with simulated(Etsy) as shop:
        codes = [f"S{n}" for n in range(20)]
        make_stock(N1=dict.fromkeys(codes, 5))
        channel = etsy_channel(shop.url)
        for number, code in enumerate(codes):
            shop.shop.put_listing(1_000 + number, [{"product_id": number, "sku": code, "quantity": 1}])
            Listing.objects.create(
                channel=channel, sku=SkuFactory(code=code), external_id=f"{1_000 + number}:{number}", code=code
            )
        pass_on()

    assert set(Listing.objects.values_list("state", "sent", "attempts")) == {("current", 5, 0)}
    assert len(shop.shop.written) == 20
    assert (StockFeed.objects.get().failures, StockFeed.objects.get().trouble) == (0, "")
