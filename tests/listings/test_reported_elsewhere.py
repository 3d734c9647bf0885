"""What users of other systems have reported of stock in several channels, each tried here."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from apps.catalog.models import BundleComponent, Sku
from apps.channels.models import Channel
from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, call_off_order, ship_fulfillment_order
from apps.inventory.models import StockLevel
from apps.inventory.selectors import lock_levels
from apps.inventory.services.discrepancies import Doubt, doubt_levels
from apps.listings.models import Listing
from apps.listings.services.change_detection import follow_settings, follow_stock
from apps.network.models import Node, NodeGroup
from apps.orders.models import Hold
from apps.orders.services import cancel_lines, place_hold, release_hold
from tests.channels.toy_shop import ToyShop
from tests.driving import again, work_it_off
from tests.factories import AGENT, ChannelFactory, SkuFactory, make_order, make_policy, make_stock
from tests.listings.listing import count, list_sku, pass_on

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other(channel: Channel) -> Channel:
    """Orders come from here; the toy shop has to hear of them."""
    make_policy()
    made: Channel = ChannelFactory(code="api", currencies=["GBP"])
    return made


def work() -> None:
    """What workers do, without the slower pass."""
    work_it_off()
    follow_stock()
    work_it_off()


def test_an_order_that_is_held_and_has_no_place_yet_is_sold_all_the_same(
    channel: Channel, shop: ToyShop, other: Channel
):
    """OCA/connector-magento 226: until orders are reserved, too much is shown."""
    make_stock(N1={"A": 5})
    list_sku(channel, "A")
    pass_on()
    order = make_order(lines={"A": 2}, currency="EUR")
    work_it_off()

    assert Hold.objects.filter(order=order, released_at__isnull=True).exists()
    assert shop.stock == {"A": 3}
    release_hold(order.pk, reason="currency_unexpected", note="a new market", actor=AGENT)
    work()
    assert shop.stock == {"A": 3}
    assert shop.taken == [("A", 5), ("A", 3)]


def test_a_held_order_that_is_called_off_gives_its_units_back(channel: Channel, shop: ToyShop, other: Channel):
    make_stock(N1={"A": 5})
    list_sku(channel, "A")
    pass_on()
    order = make_order(lines={"A": 2}, currency="EUR")
    work_it_off()
    call_off_order(order.pk, reason="customer", actor=AGENT)
    work_it_off()

    assert shop.taken == [("A", 5), ("A", 3), ("A", 5)]


def test_what_waits_for_stock_is_not_offered_again_when_it_arrives(channel: Channel, shop: ToyShop, other: Channel):
    make_stock(N1={"A": 0})
    list_sku(channel, "A")
    pass_on()
    make_order(lines={"A": 3})
    work()
    count("A", 5)
    follow_stock()
    work()
    with clock.moved(timedelta(seconds=5)):
        work()

    assert [units for _, units in shop.taken] == [0, 2]


def test_the_part_of_an_order_without_a_place_is_not_offered_again_while_the_rest_is_on_its_way(
    channel: Channel, shop: ToyShop, other: Channel
):
    make_policy(partial="ship_available")
    make_stock(N1={"A": 1})
    list_sku(channel, "A")
    pass_on()
    order = make_order(lines={"A": 3})
    work()
    assert (again(order).state, shop.stock) == ("released", {"A": 0})
    count("A", 6)
    follow_stock()
    work()
    assert shop.stock == {"A": 3}
    with clock.moved(timedelta(seconds=5)):
        work()

    # Six, of which one is packed and two were sold with it: three are left, whenever one looks.
    assert [units for _, units in shop.taken] == [1, 0, 3]
    assert not again(order).partly_placed


def test_what_a_full_node_could_not_take_of_an_order_is_sold_and_is_free_again_once_it_is_cancelled(
    channel: Channel, shop: ToyShop, other: Channel
):
    """Nothing of it is claimed, so no movement of stock says that it is sold."""
    make_policy(partial="ship_available")
    make_stock(N1={"A": 5}, N2={"B": 5})
    Node.objects.filter(code="N2").update(capacity_per_day=0)
    list_sku(channel, "B")
    pass_on()
    order = make_order(lines={"A": 1, "B": 2})
    work()
    assert (again(order).state, shop.stock) == ("released", {"B": 3})
    lacking = order.lines.get(sku_code="B")
    cancel_lines(order.pk, units={lacking.pk: 2}, reason="customer", actor=AGENT)
    work()

    assert [units for _, units in shop.taken] == [5, 3, 5]


def test_a_set_that_is_held_takes_its_parts(channel: Channel, shop: ToyShop, other: Channel):
    make_stock(N1={"A": 5})
    BundleComponent.objects.create(bundle=SkuFactory(code="PAIR"), component=SkuFactory(code="A"), quantity=2)
    list_sku(channel, "A")
    list_sku(channel, "PAIR")
    pass_on()
    assert shop.stock == {"A": 5, "PAIR": 2}
    make_order(lines={"PAIR": 1}, currency="EUR")
    work_it_off()

    assert shop.stock == {"A": 3, "PAIR": 1}


def test_a_set_that_is_ordered_and_shipped_is_taken_off_once(channel: Channel, shop: ToyShop, other: Channel):
    """magento/inventory 1246 and 1849: what a set takes was given back twice."""
    make_stock(N1={"A": 9})
    BundleComponent.objects.create(bundle=SkuFactory(code="PAIR"), component=SkuFactory(code="A"), quantity=2)
    list_sku(channel, "A")
    list_sku(channel, "PAIR")
    pass_on()
    make_order(lines={"PAIR": 1})
    work()
    assert shop.stock == {"A": 7, "PAIR": 3}
    ship_fulfillment_order(FulfillmentOrder.objects.get().pk, external_id="S", parcels=[Parcel("T", "")], actor=AGENT)
    work()

    assert shop.stock == {"A": 7, "PAIR": 3}
    assert len(shop.taken) == 4


def test_a_set_the_shop_counts_itself_keeps_no_other_article_from_being_sent(channel: Channel, shop: ToyShop):
    """microsoft/BCApps 8396: one bundle made the whole batch fail, as long as it was in it."""
    make_stock(N1={f"S{n}": 5 for n in range(20)})
    for number in range(20):
        list_sku(channel, f"S{number}")
    act = shop._act

    def refuses_the_whole(method, path, query, body):
        if method == "PUT" and any(one["article"] == "S7" for one in body):
            return 422, {"errors": "the specified inventory item is not allowed to be adjusted"}, {}
        return act(method, path, query, body)

    shop._act = refuses_the_whole  # type: ignore[method-assign]
    pass_on()

    assert len(shop.stock) == 19
    assert Listing.objects.get(state="refused").code == "S7"


def test_too_much_promised_at_one_place_is_told_apart_from_backorders_there(channel: Channel, shop: ToyShop):
    """saleor/saleor 17170 and 4190: a negative place took from all others."""
    make_stock(N1={"A": 1}, N2={"A": 3})
    list_sku(channel, "A")
    StockLevel.objects.filter(node__code="N1").update(reserved=2)
    pass_on()
    assert shop.stock == {"A": 2}

    count("A", 1, node="N1", backorderable=True)
    pass_on()
    assert shop.stock == {"A": 3}


def test_only_what_lies_where_the_channel_sells_from_is_sent(channel: Channel, shop: ToyShop):
    """OCA/connector-prestashop 22: the stock of all warehouses was sent to each shop."""
    make_stock(N1={"A": 5}, N2={"A": 7})
    list_sku(channel, "A")
    pass_on()
    group = NodeGroup.objects.create(code="north")
    Node.objects.get(code="N2").groups.add(group)
    Channel.objects.filter(pk=channel.pk).update(node_group=group)
    pass_on()
    assert shop.stock == {"A": 7}

    Node.objects.filter(code="N2").update(active=False)
    pass_on()
    assert shop.stock == {"A": 0}


def test_what_was_listed_before_its_stock_was_known_is_sent_once_it_is(channel: Channel, shop: ToyShop):
    """frappe/ecommerce_integrations 382 and 289: only articles made here were sent, those imported never."""
    list_sku(channel, "A")
    pass_on()
    assert shop.stock == {"A": 0}
    make_stock(N1={"B": 1})
    count("A", 4)
    pass_on()

    assert shop.stock == {"A": 4}


def test_a_code_that_changes_here_changes_nothing_there(channel: Channel, shop: ToyShop):
    """magento/inventory 2773: after a SKU was renamed its reservations were no longer found."""
    make_stock(N1={"A": 5})
    list_sku(channel, "A")
    pass_on()
    sku = Sku.objects.get()
    sku.code = "A-2"
    sku.save()
    count("A-2", 6)
    pass_on()

    assert shop.stock == {"A": 6}


def test_a_set_whose_parts_change_is_counted_by_the_new_ones(channel: Channel, shop: ToyShop):
    make_stock(N1={"A": 9, "B": 2})
    pair = SkuFactory(code="PAIR")
    BundleComponent.objects.create(bundle=pair, component=SkuFactory(code="A"), quantity=2)
    list_sku(channel, "PAIR")
    pass_on()
    assert shop.stock == {"PAIR": 4}
    BundleComponent.objects.create(bundle=pair, component=SkuFactory(code="B"), quantity=1)
    pass_on()

    assert shop.stock == {"PAIR": 2}


def test_an_article_without_counting_is_sent_nothing(channel: Channel, shop: ToyShop):
    """A figure of none for what is not counted would end its sale."""
    list_sku(channel, "GIFT")
    Sku.objects.update(tracked=False)
    follow_settings()
    pass_on()

    assert shop.stock == {}
    assert Listing.objects.get().wanted is None


def test_figures_for_two_listings_of_one_sku_follow_each_other(channel: Channel, shop: ToyShop):
    make_stock(N1={"A": 5})
    list_sku(channel, "A")
    Listing.objects.create(channel=channel, sku=Sku.objects.get(), external_id="A-again", code="A")
    pass_on()
    count("A", 2)
    pass_on()

    assert shop.stock == {"A": 2, "A-again": 2}


def test_a_level_in_doubt_is_not_sold_until_it_is_counted(channel: Channel, shop: ToyShop, other: Channel):
    make_stock(N1={"A": 5})
    list_sku(channel, "A")
    pass_on()
    with transaction.atomic():
        level = lock_levels([StockLevel.objects.get().pk]).popitem()[1]
        doubt_levels([Doubt(level, missing=1, shown=5)], actor=AGENT)
    work_it_off()
    assert shop.stock == {"A": 0}
    count("A", 5, counted=True)
    work_it_off()

    assert shop.stock == {"A": 5}


def test_placing_a_hold_on_what_has_its_place_changes_no_figure(channel: Channel, shop: ToyShop, other: Channel):
    make_stock(N1={"A": 5})
    list_sku(channel, "A")
    pass_on()
    order = make_order(lines={"A": 2})
    work()
    place_hold(order.pk, reason="fraud_review", actor=AGENT)
    work()

    assert shop.taken == [("A", 5), ("A", 3)]
