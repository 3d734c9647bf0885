"""What a shop shows is read back: on a schedule what was not looked at for longest, on demand what somebody names."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import translation

from apps.channels.models import Channel
from apps.core import clock, database_clock
from apps.core.translated import translated
from apps.listings.differences import Cause, cause_of, sentence_of
from apps.listings.models import Listing, StockFeed
from apps.listings.selectors import standing_of
from apps.listings.services import reading_back
from apps.listings.services.change_detection import follow_stock
from apps.listings.services.reading_back import ask_all_to_read, ask_to_read, read_stock
from apps.listings.services.resending import resend
from apps.outbound.models import Breaker
from tests.channels.toy_shop import ToyShop
from tests.driving import work_it_off
from tests.factories import AGENT, make_stock
from tests.listings.listing import list_sku, pass_on, sell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listings(channel: Channel) -> dict[str, Listing]:
    make_stock(N1={"A": 5, "B": 5, "C": 5})
    made = {code: list_sku(channel, code) for code in "ABC"}
    pass_on()
    return made


def read() -> None:
    with clock.moved(timedelta(seconds=1)):
        ask_all_to_read()
        work_it_off()


def causes() -> dict[str, Cause]:
    return {row.code: cause_of(standing_of(row)) for row in Listing.objects.all()}


def test_each_cause_is_told_apart(listings: dict[str, Listing], channel: Channel, shop: ToyShop):
    shop.stock["A"] = 3
    del shop.stock["B"]
    Listing.objects.create(channel=channel, external_id="Z", code="Z")
    read()

    assert causes() == {
        "A": Cause.CHANGED_THERE,
        "B": Cause.NOT_THERE,
        "C": Cause.NONE,
        "Z": Cause.UNKNOWN_SKU,
    }
    row = Listing.objects.get(code="A")
    assert (row.shown, standing_of(row).difference) == (3, -2)
    assert StockFeed.objects.get().read_at is not None


def test_what_waits_and_what_failed_are_ours(listings: dict[str, Listing], shop: ToyShop):
    shop.fail("PUT", 503)
    sell("A")
    follow_stock()
    assert causes()["A"] == Cause.WAITING
    work_it_off()
    assert causes()["A"] == Cause.SEND_FAILED


def test_a_difference_is_mended_by_sending_again(listings: dict[str, Listing], shop: ToyShop):
    shop.stock["A"] = 3
    read()
    resend([listings["A"].pk], actor=AGENT)
    with clock.moved(timedelta(seconds=2)):
        work_it_off()
        assert shop.stock["A"] == 5
        assert causes()["A"] == Cause.NONE
    assert [article for article, _ in shop.taken].count("B") == 1


def test_only_what_is_named_is_read_on_demand(listings: dict[str, Listing], channel: Channel, shop: ToyShop):
    shop.requests.clear()
    with clock.moved(timedelta(seconds=1)):
        assert ask_to_read([channel.pk], listings=[listings["B"].public_id], actor=AGENT) == 1
        work_it_off()

    assert [query for method, _, query in shop.requests if method == "GET"] == [{"articles": "B"}]
    assert Listing.objects.get(code="A").shown_at is None


def test_what_was_read_lately_is_not_read_again(
    listings: dict[str, Listing], shop: ToyShop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reading_back, "MOST_READ", 2)
    read()
    assert Listing.objects.filter(shown_at__isnull=False).count() == 2
    read()
    assert Listing.objects.filter(shown_at__isnull=False).count() == 3
    shop.requests.clear()
    read()
    assert shop.requests == []


def test_what_was_sent_while_the_answer_was_on_its_way_is_newer(listings: dict[str, Listing], shop: ToyShop):
    act = shop._act

    def sends_meanwhile(method, path, query, body):
        if method == "GET":
            Listing.objects.filter(code="A").update(sent=2, sent_at=database_clock.now() + timedelta(seconds=1))
        return act(method, path, query, body)

    shop._act = sends_meanwhile  # type: ignore[method-assign]
    read()

    assert Listing.objects.get(code="A").shown is None


def test_a_paused_channel_is_not_asked(listings: dict[str, Listing], channel: Channel):
    Channel.objects.update(paused_at=clock.now())

    assert ask_to_read([channel.pk], actor=AGENT) == 0
    assert ask_all_to_read() == 0


def test_to_wait_for_the_shops_rate_is_no_failure_and_named_as_the_cause(listings: dict[str, Listing], shop: ToyShop):
    Breaker.objects.update(rate_until=database_clock.now() + timedelta(minutes=1))
    sell("A")
    pass_on()
    row = Listing.objects.get(code="A")

    said = sentence_of(standing_of(row))
    assert (cause_of(standing_of(row)), StockFeed.objects.get().failures) == (Cause.HELD_UP, 0)
    assert re.fullmatch(r"The figure waits to be sent: toy: its rate is used up, not before \d\d:\d\d:\d\d\.", said)
    with translation.override("de"):
        assert "seine Abfragerate ist ausgeschöpft, nicht vor" in translated(said)
    with clock.moved(timedelta(minutes=2)):
        work_it_off()
    assert (causes()["A"], shop.stock["A"]) == (Cause.NONE, 4)


def test_reading_everything_back_makes_way_for_what_is_to_be_sent(channel: Channel, shop: ToyShop):
    make_stock(N1={f"S{number}": 5 for number in range(60)})
    for number in range(60):
        list_sku(channel, f"S{number}")
    pass_on()
    sell("S7")
    follow_stock()
    with clock.moved(timedelta(seconds=1)):
        assert read_stock(channel.pk) == 50
        work_it_off()
        assert read_stock(channel.pk) == 11
