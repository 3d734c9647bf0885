"""Whatever changes a figure is noticed, and whoever changes stock does nothing for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.channels.models import Channel
from apps.core import clock
from apps.listings.models import Listing, StockMark, StockRule
from apps.listings.selectors import figures
from apps.listings.services.change_detection import AGED, follow_settings, follow_stock, sweep
from apps.network.models import Node
from apps.network.services import shut_node
from tests.channels.toy_shop import ToyShop
from tests.driving import work_it_off
from tests.factories import AGENT, SkuFactory, make_stock
from tests.listings.listing import count, list_sku, pass_on, sell
from tests.racing import Meanwhile

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listing(channel: Channel) -> Listing:
    make_stock(N1={"A": 5, "B": 5})
    made = list_sku(channel, "A")
    pass_on()
    return made


def wanted() -> int | None:
    return Listing.objects.get(code="A").wanted


def test_a_sale_that_is_committed_late_is_found_by_the_slower_pass(listing: Listing):
    """Its line of the ledger has a smaller number than one that was seen before."""
    slow: Meanwhile
    with transaction.atomic():
        sell("A")
        quick = Meanwhile(lambda: sell("B"))
        quick.outcome()
        slow = Meanwhile(follow_stock)
        slow.outcome()
        assert wanted() == 5
    follow_stock()
    assert wanted() == 5, "the quick pass is past it"

    assert follow_stock(late=True) == 1
    assert wanted() == 4


def test_rows_are_read_again_only_until_they_have_aged(listing: Listing):
    sell("A")
    follow_stock()
    for minutes in (3, 6):
        with clock.moved(timedelta(minutes=minutes)):
            follow_stock(late=True)
    mark = StockMark.objects.get(source="movements")

    assert mark.settled_id == mark.last_id
    assert timedelta(minutes=3) > AGED


@pytest.mark.parametrize(
    ("changes", "units"), [({"safety_stock": 2}, 3), ({"safety_stock": 9}, 0), ({"incoming": 4}, 5)]
)
def test_settings_of_a_level_are_no_movement_and_are_noticed(listing: Listing, changes: dict[str, int], units: int):
    count("A", 5, **changes)
    follow_stock()

    assert wanted() == units


def test_a_rule_of_a_category_or_of_all_is_noticed(listing: Listing, channel: Channel):
    rule = StockRule.objects.create(channel=channel, cap=2)
    pass_on()
    assert wanted() == 2
    rule.delete()
    with clock.moved(timedelta(minutes=2)):
        pass_on()
        assert wanted() == 5
        SkuFactory(code="A").__class__.objects.filter(code="A").update(category="mugs")
        StockRule.objects.create(channel=channel, category="mugs", cap=1)
        pass_on()
    assert wanted() == 1


def test_a_place_that_is_shut_sells_nothing_until_it_opens(listing: Listing):
    now = clock.now()
    node = Node.objects.get(code="N1")
    shut_node(node.pk, starts_at=now, ends_at=now + timedelta(hours=1), reason="stocktaking", actor=AGENT)
    pass_on()
    assert wanted() == 0

    with clock.moved(timedelta(hours=2)):
        pass_on()
    assert wanted() == 5


def test_a_listing_that_is_linked_to_another_sku_is_computed_anew(listing: Listing, shop: ToyShop):
    make_stock(N2={"C": 8})
    Listing.objects.filter(pk=listing.pk).update(sku=SkuFactory(code="C"), wanted_at=None)
    pass_on()

    assert shop.stock == {"A": 8}


def test_what_was_missed_is_found_by_the_sweep(listing: Listing):
    sell("A")
    StockMark.objects.filter(source="movements").update(last_id=10**9, settled_id=10**9, pending_id=10**9)
    follow_stock(late=True)
    assert wanted() == 5
    sweep()
    work_it_off()

    assert wanted() == 4


def test_a_sweep_goes_part_by_part_through_all_listings(
    listing: Listing, channel: Channel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("apps.listings.services.change_detection.PART", 3)
    make_stock(N1={f"S{n}": n for n in range(10)})
    for number in range(10):
        list_sku(channel, f"S{number}", wanted=99, wanted_at=clock.now())
    sweep()
    work_it_off()

    assert not Listing.objects.filter(wanted=99).exists()


def test_sweeps_that_are_asked_for_at_once_become_one(listing: Listing, channel: Channel):
    from apps.orchestration.models import StepRun

    for cap in range(3):
        StockRule.objects.update_or_create(channel=channel, defaults={"cap": cap})
        StockRule.objects.get().save()
        follow_stock()
    assert StepRun.objects.filter(step="recount_listings").count() == 1
    with clock.moved(timedelta(minutes=2)):
        pass_on()

    assert wanted() == 2


def test_so_many_figures_take_as_few_queries_as_one(listing: Listing, channel: Channel):
    make_stock(N1={f"S{n}": 5 for n in range(60)})
    rows = [list_sku(channel, f"S{number}") for number in range(60)]

    def asked(some: list[Listing]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            figures({(row.channel_id, row.sku_id) for row in some if row.sku_id})
        return len(queries)

    assert asked(rows) == asked(rows[:1]) <= 12


def test_a_second_look_while_nothing_moved_computes_nothing(listing: Listing):
    follow_stock()
    with CaptureQueriesContext(connection) as queries:
        assert follow_stock() == 0

    assert len(queries) <= 10
    follow_settings()
