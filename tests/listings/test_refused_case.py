"""The case of a figure that a channel refuses: sent again once the shop is put right, or not sold there any more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.casework.errors import CaseClosed
from apps.casework.models import ExceptionCase
from apps.casework.resolutions import options_for
from apps.casework.services.defaults import ensure_casework
from apps.channels.models import Channel
from apps.core import clock
from apps.listings.models import Listing, StockRule
from apps.listings.services.change_detection import sweep
from tests.casework.resolutions.settling import agent, fresh, let, settle
from tests.channels.toy_shop import ToyShop
from tests.driving import work_it_off
from tests.factories import make_stock
from tests.listings.listing import list_sku, pass_on

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def case(channel: Channel, shop: ToyShop) -> ExceptionCase:
    ensure_casework()
    let()
    make_stock(N1={"A": 5, "B": 5})
    list_sku(channel, "A")
    list_sku(channel, "B")
    shop.refusals["A"] = "not stocked at the location"
    pass_on()
    return ExceptionCase.objects.get()


def test_it_says_what_the_shop_said_and_what_can_be_done(case: ExceptionCase):
    best = options_for(case, agent())[0]

    assert case.sentence == "Toy shop does not take 5 as the stock of A: not stocked at the location"
    assert (best.code, best.recommended) == ("send_stock_again", True)
    assert case.queue is not None
    assert case.queue.code == "stock"


def test_put_right_and_sent_again_it_closes_itself(case: ExceptionCase, shop: ToyShop):
    shop.refusals.clear()
    settle(case, "send_stock_again")
    assert fresh(case).state == "open", "not before the shop took it"
    work_it_off()

    assert shop.stock == {"A": 5, "B": 5}
    assert fresh(case).state == "resolved"


def test_refused_again_it_stays_and_counts(case: ExceptionCase, shop: ToyShop):
    settle(case, "send_stock_again")
    work_it_off()

    assert (fresh(case).state, fresh(case).occurrences) == ("open", 2)


def test_what_was_taken_meanwhile_is_not_sent_again(case: ExceptionCase, shop: ToyShop):
    shop.refusals.clear()
    sweep()
    work_it_off()
    taken = list(shop.taken)

    with pytest.raises(CaseClosed):
        settle(ExceptionCase.objects.get(), "send_stock_again")
    assert shop.taken == taken


def test_not_sold_there_it_is_sent_none_and_no_case_follows(case: ExceptionCase, shop: ToyShop):
    shop.stock["A"] = 5
    settle(case, "not_sold_here")
    work_it_off()
    assert StockRule.objects.get().sold_here is False
    assert Listing.objects.get(code="A").wanted == 0
    assert fresh(case).state == "resolved"
    sweep()
    work_it_off()
    assert ExceptionCase.objects.count() == 1

    shop.refusals.clear()
    with clock.moved(timedelta(minutes=2)):
        sweep()
        work_it_off()
    assert shop.stock["A"] == 0


def test_of_a_channel_that_takes_nothing_all_that_waits_is_sent_again(channel: Channel, shop: ToyShop):
    ensure_casework()
    let()
    make_stock(N1={"A": 5})
    list_sku(channel, "A")
    shop.fail("PUT", 401)
    pass_on()
    case = ExceptionCase.objects.get()
    codes = {option.code: option.why_not for option in options_for(case, agent())}
    assert codes["not_sold_here"] == "The case is about no SKU of a channel."

    settle(case, "send_stock_again")
    work_it_off()

    assert shop.stock == {"A": 5}
    assert fresh(case).state == "resolved"


def test_a_channel_that_refuses_many_gets_one_case_which_sends_them_all_again(channel: Channel, shop: ToyShop):
    ensure_casework()
    let()
    make_stock(N1={f"S{n}": 5 for n in range(30)})
    for number in range(30):
        list_sku(channel, f"S{number}")
        shop.refusals[f"S{number}"] = "no location"
    pass_on()
    case = ExceptionCase.objects.get()
    assert (case.subject_ref, case.sentence[:50]) == (
        channel.public_id,
        "Toy shop refuses the stock of 30 articles. Of S29 "[:50],
    )
    shop.refusals.clear()
    settle(case, "send_stock_again")
    work_it_off()

    assert len(shop.stock) == 30
    assert fresh(case).state == "resolved"
