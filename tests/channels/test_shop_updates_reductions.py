"""Telling a channel that part of an order was cancelled here: once, in words, while the rest goes on."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.channels.models import ChannelNotice
from apps.core.actor import Actor
from apps.orders.models import OrderLine
from apps.orders.services import cancel_lines
from tests.channels.sending import send_shopify, send_woo, shopify_order, woo_order
from tests.channels.shops import WOO, ShopServer
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop(server: ShopServer) -> None:
    make_policy()
    # One of the two can't be had, so that the order waits before anything leaves.
    make_stock(N1={"A": 1})
    ChannelFactory(shopify=True, base_url=server.url, api_secret="t")
    ChannelFactory(woocommerce=True, base_url=server.url, api_key="k", api_secret="s")


def cancel_one(actor: Actor = AGENT) -> None:
    line = OrderLine.objects.get()
    cancel_lines(line.order_id, units={line.pk: 1}, reason="", actor=actor)
    work_it_off()


def from_shopify(client: Client, server: ShopServer) -> None:
    lines = [{"id": 11, "sku": "A", "title": "Mug", "quantity": 2, "price": "10.00"}]
    send_shopify(client, shopify_order(line_items=lines, total_price="20.00"))
    server.orders["1"] = {"id": 1, "line_items": [{"id": 11, "quantity": 2}], "note": "Ring twice."}
    work_it_off()


def test_shopify_finds_it_in_the_orders_note_beside_what_stood_there(client, server):
    from_shopify(client, server)

    cancel_one()

    first, said = server.orders["1"]["note"].split("\n")
    assert first == "Ring twice."
    assert said.startswith("Cancelled: 1 x Mug. The rest of the order goes on. (ref. evt_")
    assert ChannelNotice.objects.get(effect="reduced").state == "told"


def test_woocommerce_gets_a_note_for_the_customer(client, server):
    send_woo(client, woo_order(1))
    server.orders["1"] = {"id": 1, "status": "processing"}
    work_it_off()
    line = OrderLine.objects.get()
    assert line.quantity > 1

    cancel_one()

    assert "Cancelled: 1 x" in server.notes[0]["note"]
    assert [note["customer_note"] for note in server.notes] == [True]
    assert server.asked("POST") == [f"{WOO}/orders/1/notes"]


def test_what_the_channel_itself_took_away_it_is_not_told(client, server):
    from_shopify(client, server)

    cancel_one(Actor("channel", "shopify"))

    assert server.orders["1"]["note"] == "Ring twice."
    assert not ChannelNotice.objects.filter(effect="reduced").exists()
