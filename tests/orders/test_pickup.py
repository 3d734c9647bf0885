"""Orders that are collected need no address; the store the customer chose is kept, and gets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.models import Channel
from apps.fulfillment.models import FulfillmentOrder
from apps.network.models import Carrier, CarrierService, Node
from apps.orders.models import Hold, Order
from apps.orders.pickup import RequestedStore, Store, store_meant
from apps.orders.services import choose_pickup_store
from tests.channels.sending import send_shopify, send_woo, shopify_order, woo_order
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_order, make_policy, make_stock

STORES = [
    Store("york", "York", "York"), Store("hull", "Hull", "Hull"), Store("london-oxford-st", "London Oxford Street", "London"),
    Store("london-soho", "London Soho", "London"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "code", "unclear"),
    [
        ("York store pick up", "york", False), ("Collect from YORK", "york", False), ("york", "york", False),
        ("Local pickup (York, 12 Stonegate, YO1 8AS)", "york", False), ("London Oxford Street", "london-oxford-st", False),
        ("Click & Collect: London Soho", "london-soho", False), ("london oxford st", "london-oxford-st", False),
        ("Pickup in London", "", True), ("Whitby store pick up", "", True), ("New York store pickup", "", True),
        ("Hull or York", "", True), ("Store pickup", "", False), ("Local pickup", "", False), ("", "", False),
        ("Click and Collect", "", False), ("Harbour store pick up", "", False), ("Filiale Nr 3", "hull", False),
    ],
)  # fmt: skip
def test_a_store_is_known_by_its_code_its_name_its_town_or_the_channels_words(said: str, code: str, unclear: bool):
    assert store_meant(
        said, STORES, own_words={"Filiale Nr 3": "hull"}, shop="Harbour & Pine online"
    ) == RequestedStore(code, unclear)


@pytest.fixture
def stores() -> None:
    make_policy()
    make_stock(hull={"A": 50}, york={"A": 50})
    Node.objects.update(capabilities=["pickup"])
    for code, name in (("hull", "Hull"), ("york", "York")):
        Node.objects.filter(code=code).update(name=name, city=name)
    CarrierService.objects.create(carrier=Carrier.objects.create(code="v", name="V"), code="counter", level="pickup")
    ChannelFactory(shopify=True, name="Shop")
    ChannelFactory(woocommerce=True, name="Woo")
    ChannelFactory(code="api", name="Harbour & Pine")


def settled(order: Order) -> tuple[str, list[str]]:
    work_it_off()
    order.refresh_from_db()
    return order.state, list(FulfillmentOrder.objects.filter(order=order).values_list("node__code", flat=True))


def collected(said: str = "", **shipping: str) -> Order:
    return make_order(
        lines={"A": 1}, shipping_address=None, shipping={"service_level": "pickup", "method_name": said, **shipping}
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("stores")
class TestOrders:
    @pytest.mark.parametrize("store", ["york", "hull"])
    def test_the_named_store_gets_it_without_an_address(self, store: str):
        assert settled(collected(f"{store} store pick up")) == ("released", [store])
        assert settled(collected(pickup_location=store)) == ("released", [store])
        assert not Hold.objects.exists()

    def test_where_no_store_is_named_any_that_hands_over_gets_it(self):
        state, nodes = settled(collected("Store pickup"))

        assert (state, len(nodes)) == ("released", 1)

    def test_shopify(self, client: Client):
        line = {
            "title": "York store pick up",
            "code": "York store pick up",
            "price": "0.00",
            "delivery_category": "pick-up",
        }
        send_shopify(client, shopify_order(shipping_address=None, shipping_lines=[line]))
        work_it_off()

        assert settled(Order.objects.get()) == ("released", ["york"])

    @pytest.mark.parametrize(
        "line",
        [
            {"method_id": "local_pickup", "method_title": "Local pickup (York)"},
            {
                "method_id": "pickup_location",
                "method_title": "Pickup",
                "meta_data": [{"key": "pickup_location", "value": "York"}],
            },
        ],
    )
    def test_woocommerce(self, client: Client, line: dict[str, Any]):
        nothing = dict.fromkeys(("address_1", "address_2", "city", "state", "postcode", "country"), "")
        send_woo(client, woo_order(shipping=nothing, shipping_lines=[line | {"total": "0.00"}]))
        work_it_off()

        assert settled(Order.objects.get()) == ("released", ["york"])

    def test_a_store_nobody_knows_is_asked_for_and_the_answer_is_kept(self):
        order = collected("Whitby store pick up")
        assert settled(order) == ("received", [])
        case = ExceptionCase.objects.get()
        assert (case.type, case.state) == ("pickup_unclear", "open")
        assert "“Whitby store pick up”" in case.sentence

        choose_pickup_store(order.pk, node="hull", actor=AGENT)

        assert settled(order) == ("released", ["hull"])
        case.refresh_from_db()
        assert case.state == "resolved"

    def test_the_channel_may_name_stores_its_own_way(self):
        Channel.objects.filter(code="api").update(settings={"pickup_locations": {"Whitby": "york"}})

        assert settled(collected("Whitby store pick up")) == ("released", ["york"])

    def test_a_store_without_the_goods_keeps_it_from_going_elsewhere(self):
        from apps.inventory.models import StockLevel

        StockLevel.objects.filter(node__code="york").update(on_hand=0)

        assert settled(collected("York store pick up")) == ("validated", [])
        assert ExceptionCase.objects.get().type == "no_stock"

    def test_another_store_named_later_is_the_one(self, client: Client):
        line = {"title": "Whitby pick up", "price": "0.00", "delivery_category": "pick-up"}
        send_shopify(client, shopify_order(shipping_address=None, shipping_lines=[line]))
        work_it_off()
        later = shopify_order(
            shipping_address=None, shipping_lines=[line | {"title": "Hull pick up"}], updated_at="2026-11-02T10:00:00Z"
        )
        send_shopify(client, later, "orders/updated")
        work_it_off()

        assert settled(Order.objects.get()) == ("released", ["hull"])

    def test_an_order_that_is_sent_still_needs_its_address(self):
        order = make_order(lines={"A": 1}, shipping_address=None)

        assert settled(order)[0] == "received"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("stores")
def test_the_reported_orders_go_on(client: Client, shared: Path):
    folder = shared / "data/bugreports/01-pickup-no-address"
    make_stock(york2={"MUG-BLU": 0})
    from apps.catalog.models import Sku
    from apps.inventory.models import StockLevel

    for node in Node.objects.filter(code__in=["hull", "york"]):
        StockLevel.objects.create(node=node, sku=Sku.objects.get(code="MUG-BLU"), on_hand=9)
    Channel.objects.filter(code="shop").update(name="Harbour & Pine online")
    for name in ("shopify", "shopify-with-address"):
        send_shopify(client, json.loads((folder / f"{name}.json").read_text()))
    send_woo(client, json.loads((folder / "woo.json").read_text()))
    work_it_off()

    assert set(Order.objects.values_list("state", flat=True)) == {"released"}
    named = Order.objects.get(shipping_method="York store pick up")
    assert FulfillmentOrder.objects.get(order=named).node.code == "york"
