"""A WooCommerce refund before shipping, whose message gives an amount only: the shop is asked what it was for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.fulfillment.errors import OrderOnHold
from apps.fulfillment.models import FulfillmentLine
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.inventory.models import StockLevel
from apps.orchestration.models import StepRun
from apps.orders.models import Hold
from tests.channels.sending import later, send_woo, the_order, woo_order
from tests.channels.shops import WOO, ShopServer, shop_server
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_counted_stock, make_policy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Iterator[ShopServer]:
    make_policy()
    make_counted_stock(N1={"A": 100, "B": 100})
    with shop_server() as server:
        ChannelFactory(woocommerce=True, base_url=server.url, api_key="ck", api_secret="cs")
        yield server


def line(number: int, sku: str, quantity: int, each: int = 10) -> dict[str, Any]:
    price = f"{quantity * each}.00"
    amounts = {"subtotal": price, "total": price, "total_tax": "0.00", "meta_data": []}
    return {"id": number, "name": sku, "sku": sku, "quantity": quantity, **amounts}


def sold(**changes: Any) -> dict[str, Any]:
    """Two of A and one of B, ten pounds each."""
    return woo_order(line_items=[line(11, "A", 2), line(12, "B", 1)], total="30.00", **changes)


def refund(number: int, amount: str, *items: tuple[int, int, str]) -> dict[str, Any]:
    """As the shop answers when asked for refunds: (refunded line, units, money) of each item."""
    lines = [
        {"id": 900 + at, "quantity": -units, "total": f"-{money}", "total_tax": "0.00",
         "meta_data": [{"id": 1, "key": "_refunded_item_id", "value": str(at)}]}
        for at, units, money in items
    ]  # fmt: skip
    return {"id": number, "amount": amount, "reason": "", "line_items": lines, "shipping_lines": [], "fee_lines": []}


def refunded(shop: ShopServer, *refunds: dict[str, Any], minutes: int = 5) -> dict[str, Any]:
    """The order with these refunds, in the shop and as its hook tells it."""
    bare = [{"id": one["id"], "reason": "", "total": f"-{one['amount']}"} for one in refunds]
    order = sold(refunds=bare, date_modified_gmt=later(minutes).rstrip("Z"))
    shop.orders["1"] = {**order, "refund_details": list(refunds)}
    return order


def tell(client: Client, order: dict[str, Any], topic: str = "order.updated") -> None:
    send_woo(client, order, topic, webhook_id="2")
    work_it_off()


def ship() -> None:
    row = FulfillmentLine.objects.first()
    assert row is not None
    ship_fulfillment_order(row.fulfillment_order_id, external_id="S", parcels=[Parcel()], actor=AGENT)
    work_it_off()


def shipped() -> dict[str, int]:
    return {row.sku.code: row.shipped_quantity for row in FulfillmentLine.objects.select_related("sku")}


def open_cases() -> list[str]:
    return list(ExceptionCase.objects.filter(state="open").values_list("type", flat=True))


def test_the_unit_that_a_refund_after_release_names_does_not_ship_and_the_rest_does(client: Client, shop: ShopServer):
    send_woo(client, sold())
    work_it_off()
    tell(client, refunded(shop, refund(5, "10.00", (12, 1, "10.00"))))

    assert not Hold.objects.filter(released_at__isnull=True).exists()
    assert open_cases() == []
    ship()
    assert shipped() == {"A": 2, "B": 0}
    assert the_order().state == "shipped"
    assert {level.reserved for level in StockLevel.objects.all()} == {0}


def test_a_repeat_asks_nothing_more_and_a_second_refund_is_asked_for_again(client: Client, shop: ShopServer):
    send_woo(client, sold())
    work_it_off()
    tell(client, refunded(shop, refund(5, "10.00", (12, 1, "10.00"))))
    asked = len(shop.asked("GET"))
    tell(client, refunded(shop, refund(5, "10.00", (12, 1, "10.00")), minutes=6))
    assert len(shop.asked("GET")) == asked
    assert open_cases() == []

    tell(client, refunded(shop, refund(5, "10.00", (12, 1, "10.00")), refund(6, "10.00", (11, 1, "10.00")), minutes=7))
    assert f"{WOO}/orders/1/refunds" in shop.asked("GET")[asked:]
    assert open_cases() == []
    ship()
    assert shipped() == {"A": 1, "B": 0}


def test_an_order_first_heard_of_with_a_refund_ships_what_was_not_refunded(client: Client, shop: ShopServer):
    tell(client, refunded(shop, refund(5, "10.00", (11, 1, "10.00"))), "order.created")

    assert open_cases() == []
    ship()
    assert shipped() == {"A": 1, "B": 1}


def test_a_refund_of_shipping_or_of_goodwill_stops_nothing(client: Client, shop: ShopServer):
    send_woo(client, sold())
    work_it_off()
    goodwill = refund(5, "3.00", (11, 0, "3.00"))
    tell(client, refunded(shop, goodwill))

    assert open_cases() == []
    ship()
    assert shipped() == {"A": 2, "B": 1}


@pytest.mark.parametrize("trouble", ["names nothing", "refuses", "is away"])
def test_where_the_shop_does_not_say_the_order_stays_held_with_a_case(client: Client, shop: ShopServer, trouble: str):
    send_woo(client, sold())
    work_it_off()
    order = refunded(shop, refund(5, "10.00"))
    for _ in range(20 if trouble != "names nothing" else 0):
        shop.fail(f"GET {WOO}/orders/1/refunds", 401 if trouble == "refuses" else 503)
    tell(client, order)

    assert open_cases() == ["payment_problem"]
    with pytest.raises(OrderOnHold):
        ship()
    assert shipped() == {"A": 0, "B": 0}
    assert not StepRun.objects.filter(state="parked").exists()


def test_when_all_units_were_refunded_nothing_ships(client: Client, shop: ShopServer):
    send_woo(client, sold())
    work_it_off()
    tell(client, refunded(shop, refund(5, "30.00", (11, 2, "20.00"), (12, 1, "10.00"))))

    with pytest.raises(Exception, match=r"cancelled|on hold"):
        ship()
    assert shipped() == {"A": 0, "B": 0}
