"""Several workers at one channel: figures never arrive out of order, and the last one is the newest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connections

from apps.channels.models import Channel
from apps.core.actor import SYSTEM
from apps.inventory.models import StockLevel
from apps.listings.models import Listing
from apps.listings.services.change_detection import follow_settings, follow_stock
from apps.listings.services.sending import send_stock
from apps.orchestration import runner
from tests.channels.shops import shop_server
from tests.channels.toy_shop import ToyShop
from tests.driving import work_it_off
from tests.factories import make_stock
from tests.listings.listing import list_sku, pass_on, sell
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


class SlowShop(ToyShop):
    """Takes its time, so that calls to it would overlap; says how many did."""

    under_way = 0
    most_at_once = 0

    def _act(self, method, path, query, body):
        if method != "PUT":
            return super()._act(method, path, query, body)
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        time.sleep(0.03)
        try:
            return super()._act(method, path, query, body)
        finally:
            self.under_way -= 1


def side_by_side(*works: Callable[[], object]) -> list[object]:
    """Each in a thread of its own and outside any transaction: shops are called."""
    barrier, found = threading.Barrier(len(works)), [None] * len(works)

    def body(number: int, work: Callable[[], object]) -> None:
        try:
            barrier.wait(10)
            found[number] = work()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=body, args=one) for one in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


@pytest.fixture
def shop():
    with shop_server(SlowShop()) as running:
        yield running


def test_two_workers_and_one_channel(channel: Channel, shop: SlowShop):
    make_stock(N1={"A": 40})
    list_sku(channel, "A")
    pass_on()
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            runner.drain("partners")
            time.sleep(0.005)

    def trade() -> None:
        try:
            for _ in range(25):
                sell("A")
                follow_stock()
                time.sleep(0.02)
        finally:
            over.set()

    side_by_side(work, work, work, trade)
    work_it_off()

    figures = [units for _, units in shop.taken]
    assert figures == sorted(figures, reverse=True), "an older figure came after a newer one"
    assert shop.most_at_once == 1
    assert shop.stock == {"A": 15}
    assert Listing.objects.get().state == "current"


def test_the_second_worker_at_a_channel_leaves_it_to_the_first(channel: Channel, shop: SlowShop):
    make_stock(N1={f"S{n}": 5 for n in range(120)})
    for number in range(120):
        list_sku(channel, f"S{number}")
    follow_stock()
    follow_settings()

    first, second = side_by_side(*[lambda: send_stock(channel.pk, actor=SYSTEM)] * 2)

    assert {first is None, second is None} == {True, False}
    assert len(shop.taken) == 120


def test_of_two_who_compute_a_figure_the_later_one_writes_what_it_sees_last(channel: Channel):
    make_stock(N1={"A": 30})
    list_sku(channel, "A")
    pass_on()

    at_once(*[lambda: sell("A"), follow_stock] * 6)
    follow_stock()

    level = StockLevel.objects.get()
    assert Listing.objects.get().wanted == level.on_hand - level.reserved == 24
