"""Shipments a shop can't be told of yet, because it holds its own fulfillment order back: told when it can be, or asked about."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.adapters.shopify.fulfilling import plan_of
from apps.channels.models import ChannelNotice
from apps.core import clock
from tests.channels.shops import ShopServer
from tests.channels.test_shop_updates import from_shopify, much_later, ship
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop(server: ShopServer) -> None:
    make_policy()
    make_stock(N1={"A": 100})
    ChannelFactory(shopify=True, base_url=server.url, api_secret="t")


def line(left: int, quantity: int = 2) -> dict[str, int]:
    return {"id": 110, "line_item_id": 11, "quantity": quantity, "fulfillable_quantity": left}


@pytest.mark.parametrize("status", ["on_hold", "scheduled"])
def test_it_is_told_once_the_shop_lets_its_own_order_go(client: Client, server: ShopServer, status: str):
    row = from_shopify(client, server)
    server.shopify.desk.of("1")[0]["status"] = status
    ship(row)
    assert ChannelNotice.objects.get().state == "pending"
    assert not server.fulfillments

    server.shopify.desk.of("1")[0]["status"] = "open"
    with clock.moved(timedelta(minutes=2)):
        work_it_off()

    assert ChannelNotice.objects.get().state == "told"
    assert len(server.fulfillments) == 1
    assert not ExceptionCase.objects.exists()


def test_a_hold_that_stays_becomes_a_case_that_names_it(client: Client, server: ShopServer):
    row = from_shopify(client, server)
    server.shopify.desk.of("1")[0]["status"] = "on_hold"
    ship(row)
    much_later()

    case = ExceptionCase.objects.get()
    assert case.order_id == row.order_id
    assert (
        "The shipment of 2 units could not be reported to shop: its own fulfillment order is on hold" in case.sentence
    )
    assert ChannelNotice.objects.get().state == "pending"
    assert not server.fulfillments


def test_the_open_part_is_told_at_once_and_once_and_the_rest_later(client: Client, server: ShopServer):
    row = from_shopify(client, server)
    server.shopify.desk.by_order["1"] = [
        {"id": 900, "status": "open", "line_items": [line(1, 1)]},
        {"id": 901, "status": "on_hold", "line_items": [line(1, 1) | {"id": 110}]},
    ]
    ship(row)
    notice = ChannelNotice.objects.get()
    assert (notice.state, notice.reported_units, len(server.fulfillments)) == ("pending", {"11": 1}, 1)

    server.shopify.desk.by_order["1"][0] |= {"status": "closed", "line_items": [line(0, 1)]}
    server.shopify.desk.by_order["1"][1]["status"] = "open"
    with clock.moved(timedelta(minutes=2)):
        work_it_off()

    assert ChannelNotice.objects.get().state == "told"
    told = [one["lineItemsByFulfillmentOrder"][0]["fulfillmentOrderId"] for one in server.fulfillments]
    assert told == ["gid://shopify/FulfillmentOrder/900", "gid://shopify/FulfillmentOrder/901"]


def test_what_was_closed_there_by_hand_is_not_asked_about(client: Client, server: ShopServer):
    row = from_shopify(client, server)
    server.shopify.desk.by_order["1"] = [
        {"id": 900, "status": "closed", "line_items": [line(0, 1)]},
        {"id": 901, "status": "open", "line_items": [line(1, 1)]},
    ]
    ship(row)

    assert ChannelNotice.objects.get().state == "told"
    (told,) = server.fulfillments
    assert told["lineItemsByFulfillmentOrder"] == [
        {
            "fulfillmentOrderId": "gid://shopify/FulfillmentOrder/901",
            "fulfillmentOrderLineItems": [{"id": "gid://shopify/FulfillmentOrderLineItem/110", "quantity": 1}],
        }
    ]


def test_units_on_no_list_of_the_shop_are_never_noted_as_told(client: Client, server: ShopServer):
    row = from_shopify(client, server)
    server.shopify.desk.by_order["1"] = [{"id": 900, "status": "cancelled", "line_items": [line(0)]}]
    ship(row)
    much_later()

    assert ChannelNotice.objects.get().state == "pending"
    assert "it lists no open fulfillment order with them" in ExceptionCase.objects.get().sentence


def test_units_of_an_earlier_shipment_do_not_stand_for_those_on_hold():
    held = [{"id": 1, "status": "on_hold", "line_items": [line(1)]}]
    cancelled = [{"id": 1, "status": "closed", "line_items": [line(0, 1)]}]

    assert plan_of(held, {"11": 1}, {"11": 1}).left == 1
    assert plan_of(cancelled, {"11": 1}, {"11": 1}).left == 1
    assert plan_of(cancelled, {"11": 1}, {}).left == 0


def test_the_reported_answers_of_shopify_are_told_or_waited_for(shared: Path):
    file = (
        shared
        / "data/bugreports/14-telling-a-shop-whose-fulfillment-order-is-on-hold/fulfillment_orders-the-shop-answers.json"
    )
    for orders in json.loads(file.read_text())["fos"].values():
        plan = plan_of(orders, {str(orders[0]["line_items"][0]["line_item_id"]): 1}, {})
        assert (len(plan.groups), plan.left) == ((1, 0) if orders[0]["status"] == "open" else (0, 1))
