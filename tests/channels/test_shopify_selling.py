"""Stock, webhooks and reports that a Shopify shop takes only in part, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.adapters.shopify.connecting import TOPICS
from apps.channels.errors import ShopRefused
from apps.channels.framework.shop import Parcel, ShipmentReport
from apps.channels.framework.stock import Article, Figure
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from apps.channels.tasks import poll_all
from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel as Parcel2
from apps.fulfillment.services import ship_fulfillment_order
from apps.orders.models import OrderLine
from tests.channels.sending import send_shopify, shopify_order, the_order
from tests.channels.shops import GRAPHQL, ShopServer
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
SINCE = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def channel(server: ShopServer) -> Channel:
    make_policy()
    make_stock(N1={"A": 1000})
    made: Channel = ChannelFactory(shopify=True, base_url=server.url, api_secret="shpat_1", polled_until=SINCE)
    return made


def poll() -> None:
    poll_all()
    work_it_off()


# --- stock


def articles(server: ShopServer, *skus: str) -> list[Article]:
    made = [server.shopify.stock.put({"sku": sku, "available": 3}) for sku in skus]
    return [Article(external_id=str(one["id"]), stock_id=str(one["item"]), code=one["sku"]) for one in made]


def figures(found: list[Article], units: int, shown: int | None = 3) -> list[Figure]:
    return [Figure(article=one, available=units, shown=shown, ref=f"{n}-{units}") for n, one in enumerate(found)]


def test_one_figure_of_100_that_is_refused_keeps_no_other_from_being_shown(channel: Channel, server: ShopServer):
    found = articles(server, *[f"S{n}" for n in range(100)])
    gone = int(found[42].stock_id)
    del server.shopify.stock.levels[gone]

    results: Any = shop_of(channel).send_stock(figures(found, 7))

    assert [n for n, one in enumerate(results) if not one.taken] == [42]
    assert results[42].refusal == "The specified inventory item could not be found."
    assert {units for n in range(100) if n != 42 for units in server.shopify.stock.shown(f"S{n}")} == {7}


def test_a_figure_the_shop_changed_meanwhile_is_neither_taken_nor_refused(channel: Channel, server: ShopServer):
    (one,) = articles(server, "A")
    server.shopify.stock.levels[int(one.stock_id)] = {server.shopify.stock.locations[0]["id"]: 2}

    (result,) = shop_of(channel).send_stock(figures([one], 7))

    assert (result.taken, result.refusal) == (False, "")
    assert server.shopify.stock.shown("A") == [2]


def test_the_same_figure_again_after_another_is_set_again(channel: Channel, server: ShopServer):
    found = articles(server, "A")
    for units, shown in ((5, 3), (3, 5), (5, 3)):
        shop_of(channel).send_stock(figures(found, units, shown))
        assert server.shopify.stock.shown("A") == [units]


def test_two_listings_of_one_sku_each_show_their_own(channel: Channel, server: ShopServer):
    first, second = articles(server, "A", "A")
    shop_of(channel).send_stock([*figures([first], 4), Figure(article=second, available=6, shown=3, ref="x")])

    assert server.shopify.stock.shown("A") == [4, 6]
    assert [one.available for one in shop_of(channel).read_stock([first, second])] == [4, 6]


def test_a_variant_deleted_there_is_read_as_gone_and_its_orders_come_in(channel: Channel, server: ShopServer):
    (one,) = articles(server, "A")
    server.shopify.stock.variants.clear()
    server.orders["1"] = shopify_order(1)
    poll()

    assert [shown.available for shown in shop_of(channel).read_stock([one])] == [None]
    assert the_order(1).state == "released"


def test_a_location_of_its_own_can_be_set_for_the_stock(channel: Channel, server: ShopServer):
    (one,) = articles(server, "A")
    york = server.shopify.stock.locations[1]["id"]
    server.shopify.stock.levels[int(one.stock_id)][york] = 0
    channel.settings = {"stock_location": str(york)}
    shop_of(channel).send_stock(figures([one], 9, 0))

    assert server.shopify.stock.levels[int(one.stock_id)][york] == 9
    assert server.shopify.stock.shown("A") == [3]


def test_hooks_are_registered_once_and_those_of_an_older_address_go(channel: Channel, server: ShopServer):
    shop = shop_of(channel)
    for _ in range(2):
        shop.register_hooks("https://old.test/hooks/shopify/shop/", "")
    foreign = {"uri": "https://other.test/elsewhere/"}
    server.shopify.office.create_hook("ORDERS_CREATE", foreign)
    made = shop.register_hooks("https://new.test/hooks/shopify/shop/", "")

    kept = {one.address for one in shop.hooks()}
    assert kept == {"https://new.test/hooks/shopify/shop/", "https://other.test/elsewhere/"}
    assert len(made) == len(shop.hooks()) - 1


def test_a_hook_that_the_apps_own_configuration_has_is_there_already(channel: Channel, server: ShopServer):
    server.decline("HookCreate", "webhookSubscriptionCreate", "Address for this topic has already been taken")
    made = shop_of(channel).register_hooks("https://new.test/hooks/shopify/shop/", "")

    assert (len(made), len(shop_of(channel).hooks())) == (len(TOPICS), len(TOPICS) - 1)


def test_an_article_not_stocked_at_the_location_is_refused_for_good_and_not_corrected_for_ever(
    channel: Channel, server: ShopServer
):
    (one,) = articles(server, "A")
    server.shopify.stock.levels[int(one.stock_id)] = {99: 4}

    (result,) = shop_of(channel).send_stock(figures([one], 7))

    assert (result.taken, result.refusal) == (False, "The specified inventory item is not stocked at the location.")
    assert server.asked("POST") == [f"{GRAPHQL} StockSet"]


def report(units: dict[str, int], **more: Any) -> ShipmentReport:
    return ShipmentReport("S", "1", units, [Parcel("dpd", "T1", "")], complete=True, **more)


def test_goods_at_two_locations_are_two_fulfillments(channel: Channel, server: ShopServer):
    lines = [{"id": number, "sku": "A", "title": "Thing", "quantity": 1, "price": "1.00"} for number in (11, 12)]
    server.orders["1"] = shopify_order(1, line_items=lines)
    (first,) = server.shopify.desk.of("1")
    second = {**first, "id": 7, "assigned_location_id": 2, "line_items": first["line_items"][1:]}
    server.shopify.desk.by_order["1"] = [
        {**first, "assigned_location_id": 1, "line_items": first["line_items"][:1]},
        second,
    ]
    shop_of(channel).report_shipment(report({"11": 1, "12": 1}), check_first=False)

    assert [len(one["lineItemsByFulfillmentOrder"]) for one in server.fulfillments] == [1, 1]


def test_what_ships_from_another_of_its_locations_is_moved_there_first(channel: Channel, server: ShopServer):
    server.orders["1"] = shopify_order(1)
    (there,) = server.shopify.desk.of("1")
    there["assigned_location_id"] = 1
    channel.settings = {"node_locations": "york = 2"}
    shop_of(channel).report_shipment(report({"11": 1}, node="york"), check_first=False)

    moved = server.shopify.desk.of("1")[1]
    assert (moved["assigned_location_id"], moved["status"]) == (2, "closed")
    assert (there["assigned_location_id"], there["line_items"][0]["fulfillable_quantity"]) == (1, 1)


def test_a_move_that_is_declined_keeps_no_shipment_from_being_reported(channel: Channel, server: ShopServer):
    server.orders["1"] = shopify_order(1)
    server.shopify.desk.of("1")[0]["assigned_location_id"] = 1
    server.shopify.desk.keeps_nothing.add(2)
    channel.settings = {"node_locations": "york = 2"}

    assert shop_of(channel).report_shipment(report({"11": 2}, node="york"), check_first=False) == "sent to the shop"
    assert len(server.fulfillments) == 1


@pytest.mark.parametrize(
    ("asked", "answered"), [("submitted", "accepted"), ("cancellation_requested", "cancellation_rejected")]
)
def test_what_a_merchant_asks_a_fulfillment_service_is_answered_by_the_shipment(
    channel: Channel, server: ShopServer, asked: str, answered: str
):
    server.orders["1"] = shopify_order(1)
    (there,) = server.shopify.desk.of("1")
    there["request_status"] = asked
    shop_of(channel).report_shipment(report({"11": 2}), check_first=False)

    assert (there["request_status"], there["status"]) == (answered, "closed")


def test_tip_and_gift_card_lines_ship_nothing_and_add_up(channel: Channel, server: ShopServer):
    lines = [
        {"id": 11, "sku": "A", "title": "Thing", "quantity": 1, "price": "10.00"},
        {
            "id": 12,
            "title": "Tip",
            "quantity": 1,
            "price": "2.00",
            "requires_shipping": False,
            "fulfillable_quantity": 0,
            "tip": {},
        },
        {
            "id": 13,
            "title": "Gift card",
            "quantity": 1,
            "price": "25.00",
            "requires_shipping": False,
            "gift_card": True,
        },
    ]
    server.orders["1"] = shopify_order(1, line_items=lines, total_price="37.00", total_tip_received="2.00")
    poll()

    assert list(OrderLine.objects.order_by("pk").values_list("line_id", flat=True)) == ["11", "13"]
    assert not ExceptionCase.objects.filter(type="price_mismatch").exists()


def test_amounts_are_the_shops_whatever_the_shopper_saw(channel: Channel, server: ShopServer):
    server.orders["1"] = shopify_order(1, currency="GBP", presentment_currency="USD")
    poll()

    assert (the_order(1).currency, the_order(1).total_minor, OrderLine.objects.get().unit_price_minor) == (
        "GBP",
        2000,
        1000,
    )


def test_a_line_taken_to_nothing_after_it_left_is_a_question_for_a_person_and_undoes_nothing(
    client: Client, channel: Channel, server: ShopServer
):
    send_shopify(client, shopify_order(1))
    server.orders["1"] = shopify_order(1)
    work_it_off()
    ship_fulfillment_order(FulfillmentOrder.objects.get().pk, external_id="S", parcels=[Parcel2("T1")], actor=AGENT)
    work_it_off()
    refund = {"id": 1, "refund_line_items": [{"line_item_id": 11, "quantity": 2, "restock_type": "no_restock"}]}
    server.orders["1"] |= {"refunds": [refund], "financial_status": "refunded", "current_total_price": "0.00"}
    server.orders["1"]["line_items"][0]["current_quantity"] = 0
    server.orders["1"]["updated_at"] = f"{clock.now() + timedelta(seconds=2):%Y-%m-%dT%H:%M:%SZ}"
    poll()

    assert (the_order(1).state, OrderLine.objects.get().quantity) == ("shipped", 2)
    assert the_order(1).payment_state == "refunded"


def test_what_the_shop_declines_is_said_in_its_words(channel: Channel, server: ShopServer):
    server.orders["1"] = shopify_order(1, cancelled_at=None)
    server.decline("OrderCancel", "orderCancel", "Cannot cancel an order with fulfillments", "orderCancelUserErrors")

    with pytest.raises(ShopRefused, match="shop declined orderCancel: Cannot cancel an order with fulfillments"):
        shop_of(channel).report_cancellation("1", check_first=False)
