"""Figures are sent to a shop: only what changed, the newest, one catch-up after a silence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.casework.models import ExceptionCase
from apps.channels.models import Channel
from apps.core import clock
from apps.listings.models import Listing, StockFeed
from apps.listings.services.change_detection import follow_stock, sweep
from apps.orchestration.models import StepRun
from tests.channels.toy_shop import ToyShop
from tests.driving import work_it_off
from tests.factories import make_stock
from tests.listings.listing import count, list_sku, pass_on, sell

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_listing_is_sent_what_its_channel_may_sell(channel: Channel, shop: ToyShop):
    make_stock(N1={"A": 5}, N2={"A": 2})
    list_sku(channel, "A")
    pass_on()

    listing = Listing.objects.get()
    assert shop.stock == {"A": 7}
    assert (listing.wanted, listing.sent, listing.state, listing.attempts) == (7, 7, "current", 0)
    assert StockFeed.objects.get().asked_at is None


def test_a_sale_is_sent_and_what_does_not_change_is_not(channel: Channel, shop: ToyShop):
    make_stock(N1={"A": 5, "B": 5})
    list_sku(channel, "A")
    list_sku(channel, "B")
    pass_on()
    shop.taken.clear()

    sell("A")
    assert follow_stock() == 1
    work_it_off()
    pass_on()
    sweep()
    work_it_off()

    assert shop.taken == [("A", 4)]


def test_the_last_units_go_first(channel: Channel, shop: ToyShop):
    make_stock(N1={"A": 50, "B": 1, "C": 50, "D": 0})
    for code in "ABCD":
        list_sku(channel, code)
    pass_on()

    assert [article for article, _ in shop.taken] == ["D", "B", "A", "C"]


def test_a_shop_that_was_away_gets_the_newest_figures_once(channel: Channel, shop: ToyShop):
    make_stock(N1={"A": 9})
    list_sku(channel, "A")
    pass_on()
    shop.taken.clear()
    for _ in range(3):
        shop.fail("PUT", 503)
        sell("A")
        follow_stock()
        work_it_off()

    assert shop.taken == []
    runs = StepRun.objects.filter(step="send_channel_stock", state="due")
    assert [run.attempts for run in runs] == [0]
    shop.failures.clear()
    with clock.moved(timedelta(minutes=10)):
        work_it_off()
    assert shop.taken == [("A", 6)]


def test_one_that_is_refused_stops_no_other_and_is_a_case_in_the_shops_words(channel: Channel, shop: ToyShop):
    make_stock(N1={f"S{n}": 5 for n in range(100)})
    for number in range(100):
        list_sku(channel, f"S{number}")
    shop.refusals["S17"] = "inventory item is not stocked at the location"
    pass_on()

    assert len(shop.stock) == 99
    refused = Listing.objects.get(state="refused")
    assert (refused.code, refused.refusal) == ("S17", "inventory item is not stocked at the location")
    case = ExceptionCase.objects.get()
    assert (case.type, case.subject_ref) == ("stock_refused", refused.public_id)
    assert "inventory item is not stocked at the location" in case.sentence


def test_the_case_ends_once_the_figure_is_taken(channel: Channel, shop: ToyShop):
    make_stock(N1={"A": 5})
    list_sku(channel, "A")
    shop.refusals["A"] = "no"
    pass_on()
    shop.refusals.clear()
    sweep()
    work_it_off()

    assert shop.stock == {"A": 5}
    assert ExceptionCase.objects.get().state == "resolved"


def test_a_figure_whose_answer_was_lost_is_sent_again(channel: Channel, shop: ToyShop):
    make_stock(N1={"A": 5})
    list_sku(channel, "A")
    shop.fail("PUT", 503, after=True)
    pass_on()
    assert Listing.objects.get().attempts == 1

    with clock.moved(timedelta(minutes=1)):
        work_it_off()

    listing = Listing.objects.get()
    assert (listing.sent, listing.state, listing.attempts) == (5, "current", 0)
    assert shop.stock == {"A": 5}
    assert shop.asked("GET")


def test_a_sale_there_that_is_not_reported_yet_is_not_overwritten(channel: Channel, shop: ToyShop):
    make_stock(N1={"A": 5, "B": 1})
    list_sku(channel, "A")
    pass_on()
    shop.stock["A"] = 4
    count("A", 8)
    pass_on()
    assert shop.stock == {"A": 4}
    listing = Listing.objects.get()
    assert (listing.shown, listing.state) == (4, "waiting")

    with clock.moved(timedelta(seconds=30)):
        pass_on()
    assert shop.stock == {"A": 8}


def test_a_paused_channel_waits_and_gets_the_newest_when_it_goes_on(channel: Channel, shop: ToyShop):
    make_stock(N1={"A": 5})
    list_sku(channel, "A")
    pass_on()
    Channel.objects.update(paused_at=clock.now())
    sell("A")
    pass_on()
    sell("A")
    pass_on()
    assert shop.stock == {"A": 5}

    Channel.objects.update(paused_at=None)
    pass_on()
    assert shop.taken == [("A", 5), ("A", 3)]


def test_a_channel_whose_credentials_are_refused_is_one_case_and_goes_on_by_itself(channel: Channel, shop: ToyShop):
    make_stock(N1={"A": 5, "B": 5})
    list_sku(channel, "A")
    list_sku(channel, "B")
    shop.fail("PUT", 401)
    pass_on()
    case = ExceptionCase.objects.get()
    assert (case.type, case.subject_ref) == ("stock_refused", channel.public_id)
    assert set(Listing.objects.values_list("state", flat=True)) == {"waiting"}

    with clock.moved(timedelta(minutes=10)):
        work_it_off()
    assert shop.stock == {"A": 5, "B": 5}
    case.refresh_from_db()
    assert case.state == "resolved"


def test_a_lot_refused_whole_is_sent_one_by_one(channel: Channel, shop: ToyShop):
    make_stock(N1={"A": 5, "B": 5, "C": 5})
    for code in "ABC":
        list_sku(channel, code)
    shop.fail("PUT", 422)
    pass_on()

    assert shop.stock == {"A": 5, "B": 5, "C": 5}


def test_what_a_channel_does_not_take_is_not_sent_to_it(toys: None):
    make_stock(N1={"A": 5})
    from tests.factories import ChannelFactory

    channel = ChannelFactory(code="api", kind="api")
    list_sku(channel, "A")
    pass_on()

    listing = Listing.objects.get()
    assert (listing.wanted, listing.state) == (5, "current")
    assert not StepRun.objects.filter(step="send_channel_stock").exists()


def test_a_figure_our_adapter_can_not_write_stops_no_other(
    channel: Channel, shop: ToyShop, monkeypatch: pytest.MonkeyPatch
):
    from apps.channels.services.connecting import shop_of

    client = type(shop_of(channel))
    send = client.send_stock

    def breaks(self, figures):
        if any(one.article.external_id == "B" for one in figures):
            raise KeyError("stock_id")
        return send(self, figures)

    monkeypatch.setattr(client, "send_stock", breaks)
    make_stock(N1={"A": 5, "B": 5})
    list_sku(channel, "A")
    list_sku(channel, "B")
    pass_on()

    assert shop.stock == {"A": 5}
    assert Listing.objects.get(code="B").refusal == "Orderyard could not send it (KeyError)"


def test_a_shop_that_refuses_a_whole_lot_is_one_case_and_not_one_for_each_article(channel: Channel, shop: ToyShop):
    make_stock(N1={f"S{n}": 5 for n in range(12)})
    for number in range(12):
        list_sku(channel, f"S{number}")
    for _ in range(13):
        shop.fail("PUT", 404)
    pass_on()

    assert ExceptionCase.objects.get().subject_ref == channel.public_id
    assert not Listing.objects.filter(state="refused").exists()
    with clock.moved(timedelta(minutes=10)):
        work_it_off()
    assert len(shop.stock) == 12


def test_more_than_any_shop_counts_is_shown_as_the_most(channel: Channel, shop: ToyShop):
    make_stock(N1={"A": 2 * 10**9}, N2={"A": 2 * 10**9})
    list_sku(channel, "A")
    pass_on()

    assert shop.stock == {"A": 10**9}


def test_a_figure_that_waited_for_months_is_sent_all_the_same(channel: Channel, shop: ToyShop):
    make_stock(N1={"A": 5})
    list_sku(channel, "A")
    Channel.objects.update(paused_at=clock.now())
    pass_on()
    Channel.objects.update(paused_at=None)
    with clock.moved(timedelta(days=60)):
        pass_on()

    assert shop.stock == {"A": 5}
    assert Listing.objects.get().state == "current"
