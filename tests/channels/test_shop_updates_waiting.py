"""Telling a channel that an order waits, that it no longer does, and that it can be collected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.channels.models import ChannelNotice
from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import pack_fulfillment_order, pick_fulfillment_order
from apps.network.models import Carrier, CarrierService, Node
from apps.orders.services import place_hold, release_hold
from tests.channels.sending import send_shopify, shopify_order, the_order
from tests.channels.shops import GRAPHQL, ShopServer
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop(server: ShopServer) -> None:
    make_policy()
    # One of the two can't be had, so that the order waits before anything leaves.
    make_stock(N1={"A": 1})
    ChannelFactory(shopify=True, base_url=server.url, api_secret="t")


def bring(client: Client, server: ShopServer, **changes: Any) -> None:
    send_shopify(client, shopify_order(1, **changes))
    server.orders["1"] = shopify_order(1, **changes)
    work_it_off()


def of_the_shop(server: ShopServer) -> dict[str, Any]:
    (one,) = server.shopify.desk.of("1")
    return one


def hold() -> None:
    place_hold(the_order().pk, reason="fraud_review", note="Pat Canary called", actor=AGENT)
    work_it_off()


def let_go() -> None:
    release_hold(the_order().pk, reason="fraud_review", actor=AGENT)


def test_an_order_held_here_is_held_there_and_let_go_again(client: Client, server: ShopServer):
    bring(client, server)
    hold()
    there = of_the_shop(server)
    assert there["status"] == "on_hold"
    assert [(one["handle"], one["reasonNotes"]) for one in there["holds"]] == [
        ("orderyard", "Orderyard: Risk to be reviewed.")
    ]

    let_go()
    work_it_off()

    assert (there["status"], there["holds"]) == ("open", [])
    assert (
        list(ChannelNotice.objects.filter(effect__in=["held", "resumed"]).values_list("state", flat=True))
        == ["told"] * 2
    )


def test_a_hold_whose_answer_was_lost_is_placed_once(client: Client, server: ShopServer):
    bring(client, server)
    server.fail(f"POST {GRAPHQL} FulfillmentOrderHold", 502, after=True)
    hold()
    with clock.moved(timedelta(minutes=5)):
        work_it_off()

    assert len(of_the_shop(server)["holds"]) == 1


def test_a_hold_of_somebody_else_there_stays(client: Client, server: ShopServer):
    bring(client, server)
    of_the_shop(server).update(status="on_hold", holds=[{"id": 1, "handle": "other-app", "ours": False}])
    hold()
    let_go()
    work_it_off()

    assert (of_the_shop(server)["status"], [one["handle"] for one in of_the_shop(server)["holds"]]) == (
        "on_hold",
        ["other-app"],
    )


def test_a_hold_that_is_over_before_it_could_be_said_is_not_said(client: Client, server: ShopServer):
    bring(client, server)
    server.fail(f"GET {GRAPHQL} FulfillmentOrders", 500)
    hold()
    let_go()
    with clock.moved(timedelta(minutes=5)):
        work_it_off()

    assert of_the_shop(server).get("holds", []) == []
    assert ChannelNotice.objects.get(effect="held").detail == "it is no longer so"


def test_a_hold_that_the_channel_asked_for_is_not_told_back(client: Client, server: ShopServer):
    bring(client, server, test=True)

    assert not ChannelNotice.objects.filter(effect="held").exists()


@pytest.mark.parametrize("collected", [True, False])
def test_what_is_packed_for_collection_is_said_to_be_ready(client: Client, server: ShopServer, collected: bool):
    make_stock(N1={"B": 9})
    if collected:
        Node.objects.update(capabilities=["pickup"])
        CarrierService.objects.create(
            carrier=Carrier.objects.create(code="v", name="V"), code="counter", level="pickup"
        )
    line = {"id": 11, "sku": "B", "title": "Thing", "quantity": 2, "price": "10.00"}
    title = "Local pickup" if collected else "Standard"
    bring(client, server, line_items=[line], shipping_lines=[{"id": 1, "title": title, "price": "0.00"}])
    row = FulfillmentOrder.objects.get()
    pick_fulfillment_order(row.pk, actor=AGENT)
    pack_fulfillment_order(row.pk, actor=AGENT)
    work_it_off()

    assert bool(of_the_shop(server).get("prepared")) is collected
    assert ChannelNotice.objects.filter(effect="ready").exists() is collected
