"""Telling a channel that other goods take the place of ordered ones: once, and in its own terms from then on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from apps.catalog.models import Sku
from apps.channels.models import ChannelNotice
from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, ship_fulfillment_order, substitute_line
from apps.orders.models import OrderLine
from apps.orders.services import Replacement
from tests.channels.sending import send_shopify, send_woo, shopify_order, woo_order
from tests.channels.shops import GRAPHQL, WOO, ShopServer
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "1 x Thing B instead of Mug, at £9.00 each (ref. 11~1)"


@pytest.fixture(autouse=True)
def _shop(server: ShopServer) -> None:
    make_policy()
    make_stock(N1={"A": 100, "B": 100})
    ChannelFactory(shopify=True, base_url=server.url, api_secret="t")
    ChannelFactory(woocommerce=True, base_url=server.url, api_key="k", api_secret="s")


def from_shopify(client: Client, server: ShopServer, **order: object) -> OrderLine:
    """Two of A, of which one is replaced by B."""
    lines = [{"id": 11, "sku": "A", "title": "Mug", "quantity": 2, "price": "10.00"}]
    send_shopify(client, shopify_order(line_items=lines, total_price="20.00"))
    server.orders["1"] = {"id": 1, "line_items": [{"id": 11, "quantity": 2}], **order}
    work_it_off()
    return replace_one()


def replace_one() -> OrderLine:
    line = OrderLine.objects.get(substitutes=None)
    return substitute_line(
        line.order_id, Replacement(line.pk, Sku.objects.get(code="B"), 1, 900), node="N1", actor=AGENT
    )


def test_shopify_finds_it_in_the_orders_note_beside_what_stood_there(client, server):
    from_shopify(client, server, note="Leave at the door.")
    work_it_off()

    assert server.orders["1"]["note"] == f"Leave at the door.\n{SAID}"
    assert ChannelNotice.objects.get(effect="substituted").state == "told"


def test_heard_but_not_answered_it_is_not_said_twice(client, server):
    server.fail(f"POST {GRAPHQL} OrderNote", 502, after=True)
    from_shopify(client, server)
    work_it_off()
    with clock.moved(timedelta(minutes=5)):
        work_it_off()

    assert server.orders["1"]["note"] == SAID
    assert ChannelNotice.objects.get(effect="substituted").state == "told"


def test_woocommerce_gets_a_note_for_the_customer(client, server):
    send_woo(client, woo_order(1))
    server.orders["1"] = {"id": 1, "status": "processing"}
    work_it_off()
    new = replace_one()
    work_it_off()

    assert [note["customer_note"] for note in server.notes] == [True]
    assert f"(ref. {new.line_id})" in server.notes[0]["note"]
    assert server.asked("POST") == [f"{WOO}/orders/1/notes"]


def test_a_shipped_substitute_is_told_as_the_line_the_shop_knows(client, server):
    from_shopify(client, server)
    work_it_off()
    row = FulfillmentOrder.objects.get()
    ship_fulfillment_order(row.pk, external_id="S1", carrier="dpd", parcels=[Parcel(tracking_number="T1")], actor=AGENT)
    work_it_off()

    assert [(one["id"], one["fulfillable_quantity"]) for one in server.orders["1"]["line_items"]] == [(11, 0)]
    assert len(server.fulfillments) == 1
