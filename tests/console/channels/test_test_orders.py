"""A test order placed at the shop by a button: it arrives, is called off there and here, and no node ever hears of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.channels.models import Channel, InboxMessage
from apps.fulfillment.models import FulfillmentOrder
from apps.inventory.models import Reservation
from apps.orders.models import Order
from tests.api.front_door import Door
from tests.channels.simulated import simulated
from tests.console.channels.test_connecting import begin, press
from tests.console.channels.walks import WALKS, Shop, Walk
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import make_counted_stock, make_key, make_policy

pytestmark = pytest.mark.django_db(transaction=True)
PLACING = ("shopify", "woocommerce", "bigcommerce")


@pytest.fixture
def client(log_in: LogIn) -> Client:
    make_policy()
    make_counted_stock(leeds={"A": 50})
    return log_in(Role.OPERATIONS)


@pytest.fixture(params=[WALKS[name] for name in PLACING], ids=PLACING)
def walk(request: pytest.FixtureRequest) -> Walk:
    found: Walk = request.param
    return found


@pytest.fixture
def shop(walk: Walk) -> Iterator[Shop]:
    with simulated(walk.shop) as running:
        walk.sound(running)
        if walk.kind == "woocommerce":
            running.shop.shelf.put({"sku": "A", "title": "Mug", "available": 5})
        yield running


@pytest.fixture
def channel(client: Client, walk: Walk, shop: Shop) -> Channel:
    made = begin(client, kind=walk.kind, name="Mine")
    press(client, made, "credentials", **walk.fields(shop))
    press(client, made, "webhooks")
    for step in ("catalog", "places"):
        press(client, made, "later", step=step)
    press(client, made, "live", orders="run")
    return made


def page_of(client: Client, channel: Channel) -> str:
    return client.get(reverse("console:channel_connect", args=[channel.code])).content.decode()


def test_it_arrives_and_is_called_off_on_both_sides_before_a_node_hears_of_it(
    client: Client, channel: Channel, walk: Walk, shop: Shop
):
    assert "Place a test order" in page_of(client, channel)

    page = press(client, channel, "test_order")
    [number] = shop.orders
    assert f"The shop took test order {number}" in page
    press(client, channel, "look")
    work_it_off()

    order = Order.objects.get()
    assert (order.external_id, order.state) == (number, "cancelled")
    assert "a test order" in order.cancel_reason
    assert not FulfillmentOrder.objects.exists()
    assert not Reservation.objects.exists()
    assert reverse("console:order", args=[order.public_id]) in page_of(client, channel)
    there = shop.orders[number]
    assert there.get("cancelled_at") or there.get("status_id") == 5 or there.get("status") == "cancelled"
    # Whatever the shop says of it afterwards brings it to no node either.
    press(client, channel, "look")
    work_it_off()
    assert Order.objects.get().state == "cancelled"
    assert not FulfillmentOrder.objects.exists()


def test_one_whose_placing_was_not_answered_is_known_by_its_mark(
    client: Client, channel: Channel, walk: Walk, shop: Shop
):
    at = {"shopify": "POST /admin/api", "woocommerce": "POST /wp-json/wc/v3/orders", "bigcommerce": "POST /v2/orders"}
    if walk.kind == "shopify":
        shop.sandbox.misbehave("shopify", "lose_ack", times=1, only="write")
    else:
        shop.fail(at[walk.kind], 500, after=True)
    page = press(client, channel, "test_order")
    assert "The shop gave no usable answer" in page
    assert "The shop did not say whether it took the test order" in page

    press(client, channel, "look")
    work_it_off()

    assert Order.objects.get().state == "cancelled"
    assert not FulfillmentOrder.objects.exists()


def test_orders_of_customers_are_as_ever_after_a_test(client: Client, channel: Channel, walk: Walk, shop: Shop):
    press(client, channel, "test_order")
    walk.arrive(channel, shop.shop)
    work_it_off()

    states = dict(Order.objects.values_list("external_id", "state"))
    assert states["1"] == "released"


def test_whoever_may_not_set_channels_up_places_none_at_either_door_and_who_may_does_by_api(
    channel: Channel, shop: Shop, log_in: LogIn
):
    at = f"channels/{channel.public_id}/test-order"
    page = log_in(Role.LEAD).post(reverse("console:channel_test_order", args=[channel.code]))
    assert (page.status_code, Door(make_key(role=Role.INTEGRATOR)).post(at).status_code) == (403, 403)
    assert shop.orders == {}

    assert Door(make_key(role=Role.OPERATIONS)).post(at).status_code == 200
    assert len(shop.orders) == 1


def test_a_paused_channel_and_one_of_another_kind_place_none(client: Client, channel: Channel, shop: Shop):
    press(client, channel, "pause")
    assert "not paused" in press(client, channel, "test_order")
    assert shop.orders == {}
    files = begin(client, kind="csv", name="Files")
    press(client, files, "live", orders="run")

    assert "is placed in the shop itself" in press(client, files, "test_order")
    assert "Upload a file with one order" in page_of(client, files)
    assert "test_orders" not in files.setup
    assert not InboxMessage.objects.exists()
