"""Three shops sell one pile through the whole system, while calls fail, answers are lost and orders arrive late and out of order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from apps.channels.models import Channel
from apps.core import clock
from apps.listings.models import Listing
from apps.orders.models import Order
from tests.channels.shops import shop_server
from tests.channels.toy_shop import ToyShop
from tests.factories import ChannelFactory, make_order, make_policy, make_stock
from tests.listings.listing import list_sku, pass_on

pytestmark = pytest.mark.django_db(transaction=True)
STOCK = 12


@pytest.fixture
def shops(toys: None) -> Iterator[dict[str, ToyShop]]:
    make_policy()
    make_stock(N1={"A": STOCK})
    with ExitStack() as stack:
        found: dict[str, ToyShop] = {}
        for code in ("one", "two", "three"):
            shop = ToyShop()
            stack.enter_context(shop_server(shop))
            channel: Channel = ChannelFactory(code=code, name=code.title(), kind="toy", base_url=shop.url, api_key="k")
            list_sku(channel, "A")
            found[code] = shop
        yield found


@pytest.mark.parametrize("seed", range(6))
def test_more_is_sold_only_by_what_was_sold_while_a_figure_was_on_its_way(shops: dict[str, ToyShop], seed: int):
    """What a shop shows knows of every order that came before it last took a figure."""
    chance, unheard, sold, oversold_at_most = random.Random(seed), list[str](), 0, 0
    since = dict.fromkeys(shops, 0)
    pass_on()
    assert {shop.stock["A"] for shop in shops.values()} == {STOCK}
    for step in range(40):
        code = chance.choice(list(shops))
        shop = shops[code]
        for _ in range(chance.randint(0, 2)):
            if shop.stock["A"] > 0:
                blind_to = sold - (STOCK - shop.stock["A"])
                assert blind_to <= len(unheard) + since[code]
                oversold_at_most = max(oversold_at_most, blind_to)
                shop.stock["A"] -= 1
                sold += 1
                unheard.append(code)
        chance.shuffle(unheard)
        arrived = min(chance.randint(0, 2), len(unheard))
        for _ in range(arrived):
            make_order(channel=unheard.pop(), lines={"A": 1})
        if chance.random() < 0.3:
            shop.fail("PUT", 503, after=chance.random() < 0.5)
        taken = {one: len(shops[one].taken) for one in shops}
        with clock.moved(timedelta(minutes=step)):
            pass_on()
        # Orders of this very step may have been placed only after the figure was computed.
        since = {one: arrived + (0 if len(shops[one].taken) > taken[one] else since[one]) for one in shops}
    for code in unheard:
        make_order(channel=code, lines={"A": 1})
    for shop in shops.values():
        shop.failures.clear()
    for hours in (2, 3):
        with clock.moved(timedelta(hours=hours)):
            pass_on()

    assert Order.objects.count() == sold
    assert max(sold - STOCK, 0) <= oversold_at_most
    left = max(STOCK - sold, 0)
    assert {shop.stock["A"] for shop in shops.values()} == {left}
    assert set(Listing.objects.values_list("wanted", "state", "attempts")) == {(left, "current", 0)}
