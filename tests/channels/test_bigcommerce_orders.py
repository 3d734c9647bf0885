"""Orders of a BigCommerce store, which webhooks and lists only name: fetched, joined and read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.adapters.bigcommerce.connecting import SECRET_HEADER
from apps.channels.framework.shop import Shop
from apps.channels.models import Channel, InboxMessage
from apps.channels.services.connecting import shop_of
from apps.channels.tasks import poll_all
from apps.channels.verdict_reasons import FETCHED, NEW_ORDER
from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel as OwnParcel
from apps.fulfillment.services import ship_fulfillment_order
from apps.orders.models import Hold, Order, OrderLine
from orchestrator.sandbox.shops.bigcommerce import BigCommerce
from tests.channels.bigcommerce import SECRET, bigcommerce_channel, bigcommerce_line, bigcommerce_order, named
from tests.channels.sending import verdicts
from tests.channels.simulated import Simulated, simulated
from tests.driving import work_it_off
from tests.factories import AGENT, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
HOOK = "https://orders.example/hooks/bigcommerce/big/"


@pytest.fixture
def server() -> Iterator[Simulated[BigCommerce]]:
    make_policy()
    make_stock(N1={"A": 100, "B": 100})
    with simulated(BigCommerce) as running:
        yield running


@pytest.fixture
def big(server: Simulated[BigCommerce]) -> BigCommerce:
    return server.shop


@pytest.fixture
def channel(server: Simulated[BigCommerce]) -> Channel:
    return bigcommerce_channel(server.url, polled_until=datetime(2026, 11, 2, tzinfo=UTC))


@pytest.fixture
def shop(channel: Channel) -> Shop:
    return shop_of(channel)


def hook(client: Client, payload: Any, secret: str = SECRET) -> HttpResponse:
    headers = {SECRET_HEADER: secret}
    answer: HttpResponse = client.post(
        "/hooks/bigcommerce/big/", payload, content_type="application/json", headers=headers
    )
    return answer


def the_lines() -> list[tuple[str, int, int]]:
    return list(OrderLine.objects.order_by("position").values_list("sku_code", "quantity", "elsewhere_quantity"))


def test_a_webhook_names_an_order_which_is_fetched_with_all_it_holds(
    client: Client, channel: Channel, big: BigCommerce
):
    big.put(bigcommerce_order(7, customer_message="Ring twice"))
    hook(client, named(7, "store/order/created"))
    hook(client, named(7, "store/order/statusUpdated"))
    work_it_off()

    assert Order.objects.get().external_id == "7"
    assert the_lines() == [("A", 2, 0)]
    assert verdicts() == [("accepted", FETCHED), ("accepted", FETCHED), ("accepted", NEW_ORDER)]


def test_a_body_that_pretends_to_be_an_order_only_has_the_order_fetched(
    client: Client, channel: Channel, big: BigCommerce
):
    """Whoever has seen one webhook knows the header by which all of them are known."""
    big.put(bigcommerce_order(7))
    forged = bigcommerce_order(7, products=[bigcommerce_line(71, quantity=50)])

    hook(client, forged)
    hook(client, bigcommerce_order(8))
    for minutes in (0, 3):
        with clock.moved(timedelta(minutes=minutes)):
            work_it_off()

    assert [order.external_id for order in Order.objects.all()] == ["7"]
    assert the_lines() == [("A", 2, 0)]


def test_what_is_not_about_orders_is_not_fetched(client: Client, channel: Channel, server: Simulated[BigCommerce]):
    hook(client, named(7, "store/product/updated"))
    hook(client, named(7, "store/order/message/created"))
    work_it_off()

    assert server.requests == []
    assert {verdict for verdict, _ in verdicts()} == {"ignored"}


def test_all_lines_are_fetched_however_many_a_page_holds(client: Client, channel: Channel, big: BigCommerce):
    lines = [bigcommerce_line(number, quantity=1) for number in range(1, 121)]
    total = {"items_total": 120, "subtotal_inc_tax": "1200.0000", "total_inc_tax": "1200.0000"}
    big.put(bigcommerce_order(7, products=lines, **total))
    big.page_size = 50
    hook(client, named(7))
    work_it_off()

    assert OrderLine.objects.count() == 120


def test_polling_fetches_what_is_new_and_asks_nothing_twice(
    channel: Channel, big: BigCommerce, server: Simulated[BigCommerce]
):
    for number in (1, 2, 3):
        big.put(bigcommerce_order(number, f"2026-11-02T09:0{number}:00Z"))
    big.put(bigcommerce_order(4, status_id=0, status="Incomplete"))
    poll_all()
    work_it_off()
    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["1", "2", "3"]
    assert ("ignored", "a checkout that the customer has not finished") in verdicts()
    kept = InboxMessage.objects.count()
    server.requests.clear()
    poll_all()
    work_it_off()

    assert InboxMessage.objects.count() == kept
    assert [path for path in server.asked("GET") if "/products" in path] == []


def test_an_order_that_changes_between_list_and_fetch_is_taken_as_it_was_fetched(channel: Channel, big: BigCommerce):
    big.put(bigcommerce_order(1))
    edited = bigcommerce_order(1, "2026-11-02T09:30:00Z", products=[bigcommerce_line(11, quantity=1)], items_total=1)
    edited |= {"subtotal_inc_tax": "10.0000", "total_inc_tax": "10.0000"}
    big.on_list = lambda: big.put(dict(edited))
    poll_all()
    work_it_off()

    assert the_lines() == [("A", 1, 0)]
    assert not Hold.objects.filter(released_at__isnull=True).exists()


@pytest.mark.parametrize(
    "changes",
    [{"status_id": 5}, {"status_id": 6}, {"is_deleted": True}, {"status_id": 4, "payment_status": "refunded"}],
)
def test_cancelled_declined_deleted_and_refunded_orders_are_called_off_here(
    client: Client, channel: Channel, big: BigCommerce, changes: dict[str, Any]
):
    big.put(bigcommerce_order(7))
    hook(client, named(7, "store/order/created"))
    work_it_off()
    big.put(bigcommerce_order(7, "2026-11-02T10:00:00Z", **changes))
    hook(client, named(7, "store/order/archived"))
    work_it_off()

    assert Order.objects.get().state == "cancelled"


def test_an_order_deleted_without_a_webhook_is_noticed_by_asking_for_it(channel: Channel, big: BigCommerce):
    for number in (1, 2):
        big.put(bigcommerce_order(number))
    poll_all()
    work_it_off()
    big.put(bigcommerce_order(1, "2026-11-02T10:00:00Z", is_deleted=True))
    poll_all()
    work_it_off()

    assert Order.objects.get(external_id="1").state == "cancelled"
    assert Order.objects.get(external_id="2").state != "cancelled"


def test_units_refunded_before_they_ship_are_taken_off(client: Client, channel: Channel, big: BigCommerce):
    lines = [bigcommerce_line(71, "A", 3, quantity_refunded=1), bigcommerce_line(72, "B", 1, quantity_refunded=1)]
    amounts = {"subtotal_inc_tax": "40.0000", "total_inc_tax": "40.0000", "items_total": 4}
    big.put(bigcommerce_order(7, products=lines, status_id=14, payment_status="partially refunded", **amounts))
    hook(client, named(7))
    work_it_off()

    assert the_lines() == [("A", 2, 0)]
    assert not Hold.objects.filter(released_at__isnull=True).exists()


def test_a_refund_that_names_no_units_holds_the_order(client: Client, channel: Channel, big: BigCommerce):
    big.put(bigcommerce_order(7))
    hook(client, named(7))
    work_it_off()
    big.put(bigcommerce_order(7, "2026-11-02T10:00:00Z", status_id=14, payment_status="partially refunded"))
    hook(client, named(7, "store/order/refund/created"))
    work_it_off()

    assert list(Hold.objects.filter(released_at__isnull=True).values_list("reason", flat=True)) == ["payment_problem"]


def test_units_refunded_after_they_were_shipped_stay_as_they_were_promised(
    client: Client, channel: Channel, big: BigCommerce
):
    big.put(bigcommerce_order(7))
    hook(client, named(7))
    work_it_off()
    ship_fulfillment_order(FulfillmentOrder.objects.get().pk, external_id="S", parcels=[OwnParcel("T1")], actor=AGENT)
    work_it_off()
    line = big.orders["7"]["products"][0]
    assert line["quantity_shipped"] == 2
    line["quantity_refunded"] = 2
    big.orders["7"] |= {"date_modified": "2026-12-02T10:00:00Z"}
    hook(client, named(7, "store/order/refund/created"))
    work_it_off()

    assert the_lines() == [("A", 2, 0)]
    assert InboxMessage.objects.filter(verdict="quarantined").count() == 0


def test_units_shipped_there_already_are_not_shipped_again(client: Client, channel: Channel, big: BigCommerce):
    lines = [bigcommerce_line(71, "A", 2, quantity_shipped=2), bigcommerce_line(72, "B", 1)]
    amounts = {"subtotal_inc_tax": "30.0000", "total_inc_tax": "30.0000", "items_total": 3, "status_id": 3}
    big.put(bigcommerce_order(7, products=lines, **amounts))
    hook(client, named(7))
    work_it_off()

    assert the_lines() == [("A", 2, 2), ("B", 1, 0)]
    row = FulfillmentOrder.objects.get()
    assert [(one.sku.code, one.quantity) for one in row.lines.all()] == [("B", 1)]


def test_gift_certificates_and_downloads_are_not_picked(client: Client, channel: Channel, big: BigCommerce):
    lines = [
        bigcommerce_line(71, "A", 1), bigcommerce_line(72, "", 1, type="giftcertificate"),
        bigcommerce_line(73, "E-BOOK", 1, type="digital"),
    ]  # fmt: skip
    amounts = {"subtotal_inc_tax": "30.0000", "total_inc_tax": "30.0000", "items_total": 3}
    big.put(bigcommerce_order(7, products=lines, **amounts))
    hook(client, named(7))
    work_it_off()

    assert [one.sku.code for one in FulfillmentOrder.objects.get().lines.all()] == ["A"]


def test_shipping_handling_wrap_fees_and_coupons_add_up(client: Client, channel: Channel, big: BigCommerce):
    amounts = {
        "shipping_cost_inc_tax": "5.0000", "handling_cost_inc_tax": "1.0000", "wrapping_cost_inc_tax": "2.0000",
        "discount_amount": "3.0000", "coupon_discount": "1.5000", "total_inc_tax": "25.5000",
    }  # fmt: skip
    big.put(bigcommerce_order(7, fees=[{"id": 1, "cost_inc_tax": "2.0000"}], store_credit_amount="25.5000", **amounts))
    hook(client, named(7))
    work_it_off()

    order = Order.objects.get()
    assert (order.total_minor, order.state) == (2550, "released")


def test_what_was_shown_in_another_currency_is_in_that_which_is_paid(
    client: Client, channel: Channel, big: BigCommerce
):
    big.put(bigcommerce_order(7, currency_code="JPY", default_currency_code="GBP", currency_exchange_rate="190.0"))
    hook(client, named(7))
    work_it_off()

    assert (Order.objects.get().currency, Order.objects.get().total_minor) == ("GBP", 2000)


@pytest.mark.parametrize("changes", [{"status_id": 12}, {"status_id": 13}, {"shipping_address_count": 2}])
def test_what_somebody_has_to_look_at_is_held(
    client: Client, channel: Channel, big: BigCommerce, changes: dict[str, Any]
):
    big.put(bigcommerce_order(7, **changes))
    hook(client, named(7))
    work_it_off()

    assert list(Hold.objects.filter(released_at__isnull=True).values_list("reason", flat=True)) == ["manual"]


def test_an_order_for_pickup_names_its_location(client: Client, channel: Channel, big: BigCommerce):
    pickup = {"id": 99, "pickup_method_display_name": "Collect", "location": {"id": 1, "name": "Leeds", "code": "N1"}}
    big.put(bigcommerce_order(7, consignments={"pickups": [pickup]}))
    hook(client, named(7))
    work_it_off()

    order = Order.objects.get()
    assert (order.service_level, order.pickup_location) == ("pickup", "N1")


# --- credentials that end


def test_nothing_is_lost_while_a_revoked_token_is_renewed(client: Client, channel: Channel, big: BigCommerce):
    big.put(bigcommerce_order(7))
    big.office.tokens = {"renewed": {"orders"}}
    hook(client, named(7))
    work_it_off()
    assert [verdict for verdict, _ in verdicts()] == ["waiting"]
    Channel.objects.update(api_key="renewed")
    with clock.moved(timedelta(hours=2)):
        work_it_off()

    assert Order.objects.get().external_id == "7"
    assert not ExceptionCase.objects.filter(type="message_quarantined").exists()
