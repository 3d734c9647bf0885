"""A worker is killed between counting an attempt and writing down what came of it: the figure is sent, once the lease is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from apps.channels.models import Channel
from apps.core import clock
from apps.listings.models import Listing
from apps.listings.services.change_detection import follow_stock
from tests.channels.toy_shop import ToyShop
from tests.driving import work_it_off
from tests.factories import make_counted_stock
from tests.invariants import assert_invariants
from tests.listings.killing import STAY, kill_worker_at
from tests.listings.listing import list_sku, pass_on, sell

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

SENDING = "from apps.listings.services import sending"
BEFORE_THE_CALL = f"{SENDING}\ndef stay(*a, **k): {STAY}\nsending._call = stay"
BEFORE_NOTING = f"{SENDING}\ndef stay(*a, **k): {STAY}\nsending._write_down = stay"


@pytest.fixture(autouse=True)
def invariants(transactional_db: None) -> Iterator[None]:
    yield
    assert_invariants()


@pytest.mark.parametrize(("where", "arrived"), [(BEFORE_THE_CALL, False), (BEFORE_NOTING, True)])
def test_the_figure_is_sent_when_the_lease_of_the_dead_worker_is_over(
    channel: Channel,
    shop: ToyShop,
    where: str,
    arrived: bool,
):
    make_counted_stock(N1={"A": 5})
    list_sku(channel, "A")
    pass_on()
    sell("A")
    follow_stock()

    kill_worker_at(where)

    listing = Listing.objects.get()
    assert (listing.attempts, listing.sent, listing.state) == (1, 5, "waiting")
    assert shop.stock == {"A": 4 if arrived else 5}
    work_it_off()
    assert Listing.objects.get().sent == 5
    with clock.moved(timedelta(minutes=1)):
        work_it_off()
    listing = Listing.objects.get()
    assert (listing.attempts, listing.sent, listing.state) == (0, 4, "current")
    assert shop.stock == {"A": 4}


def test_what_changed_while_nobody_knew_whether_it_arrived_follows_as_the_newest_figure(
    channel: Channel,
    shop: ToyShop,
):
    make_counted_stock(N1={"A": 5})
    list_sku(channel, "A")
    pass_on()
    sell("A")
    follow_stock()
    kill_worker_at(BEFORE_NOTING)
    sell("A", 2)
    follow_stock()

    with clock.moved(timedelta(minutes=1)):
        work_it_off()

    assert shop.taken == [("A", 5), ("A", 4), ("A", 2)]
