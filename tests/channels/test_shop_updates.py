"""Telling channels what happened to their orders: once, whatever breaks on the way."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import ANY

import pytest
from django.test import Client

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase
from apps.channels.models import ChannelNotice
from apps.core import clock
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder, Shipment
from apps.fulfillment.services import Parcel, call_off_order, ship_fulfillment_order
from apps.orchestration.models import StepRun
from apps.outbound.models import CallLog
from tests.channels.sending import later, send_shopify, send_woo, shopify_order, the_order, woo_order
from tests.channels.shops import GRAPHQL, WOO, ShopServer
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, SkuFactory, UserFactory, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop(server: ShopServer) -> None:
    make_policy()
    make_stock(N1={"A": 100, "B": 100})
    ChannelFactory(shopify=True, base_url=server.url, api_secret="t")
    ChannelFactory(woocommerce=True, base_url=server.url, api_key="k", api_secret="s")


def from_shopify(client: Client, server: ShopServer, units: int = 2) -> FulfillmentOrder:
    """An order of ``units`` of A that came from Shopify and stands ready to be shipped."""
    lines = [{"id": 11, "sku": "A", "quantity": units, "price": "10.00"}]
    send_shopify(client, shopify_order(line_items=lines, total_price=f"{units * 10}.00"))
    server.orders["1"] = {"id": 1, "line_items": [{"id": 11, "quantity": units}]}
    work_it_off()
    return FulfillmentOrder.objects.get()


def from_woo(client: Client, server: ShopServer) -> FulfillmentOrder:
    send_woo(client, woo_order(1))
    server.orders["1"] = {"id": 1, "status": "processing"}
    work_it_off()
    return FulfillmentOrder.objects.get()


def ship(row: FulfillmentOrder, units: int | None = None, external_id: str = "S1") -> Shipment:
    line = FulfillmentLine.objects.get(fulfillment_order=row)
    contents = {line.pk: units} if units else {}
    parcels = [Parcel(tracking_number=f"T-{external_id}", tracking_url="https://track.test/1", contents=contents)]
    shipment = ship_fulfillment_order(row.pk, external_id=external_id, carrier="dpd", parcels=parcels, actor=AGENT)
    work_it_off()
    return shipment


def units_told(server: ShopServer) -> list[int]:
    """Of each fulfillment, the units of its only line."""
    groups = [one["lineItemsByFulfillmentOrder"][0]["fulfillmentOrderLineItems"] for one in server.fulfillments]
    return [line["quantity"] for (line,) in groups]


def much_later() -> None:
    for minutes in range(1, 15):
        with clock.moved(timedelta(minutes=2 * minutes)):
            work_it_off()


def test_shopify_hears_of_a_shipment_with_its_tracking(client: Client, server: ShopServer):
    ship(from_shopify(client, server))

    (told,) = server.fulfillments
    assert told == {
        "order_id": "1",
        "lineItemsByFulfillmentOrder": [
            {
                "fulfillmentOrderId": ANY,
                "fulfillmentOrderLineItems": [{"id": "gid://shopify/FulfillmentOrderLineItem/110", "quantity": 2}],
            }
        ],
        "notifyCustomer": True,
        "trackingInfo": {"numbers": ["T-S1"], "company": "dpd", "urls": ["https://track.test/1"]},
    }
    notice = ChannelNotice.objects.get()
    assert (notice.state, notice.attempts, notice.detail) == ("told", 1, "sent to the shop")


def test_shopify_hears_of_each_partial_shipment_its_own_units(client: Client, server: ShopServer):
    row = from_shopify(client, server, units=3)
    ship(row, 1, "S1")
    ship(row, 2, "S2")

    assert units_told(server) == [1, 2]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_shipment_the_shop_took_before_it_broke_is_not_told_twice(client: Client, server: ShopServer, status: int):
    row = from_shopify(client, server)
    server.fail(f"POST {GRAPHQL} FulfillmentCreate", status, after=True)
    ship(row)
    much_later()

    assert len(server.fulfillments) == 1
    assert ChannelNotice.objects.get().detail == "the shop had it already"
    assert not ExceptionCase.objects.exists()


def test_a_shipment_the_shop_did_not_hear_is_told_again(client: Client, server: ShopServer):
    row = from_shopify(client, server)
    for _ in range(3):
        server.fail(f"GET {GRAPHQL} Fulfillment", 500)
    ship(row)
    assert not server.fulfillments
    much_later()

    assert len(server.fulfillments) == 1
    assert ChannelNotice.objects.get().attempts == 4


def test_a_shop_that_asks_for_quiet_is_left_alone_until_then(client: Client, server: ShopServer):
    row = from_shopify(client, server)
    server.fail(f"POST {GRAPHQL} FulfillmentCreate", 429, Retry_After="90")
    ship(row)
    asked = len(server.requests)

    with clock.moved(timedelta(seconds=80)):
        work_it_off()
    assert len(server.requests) == asked
    with clock.moved(timedelta(seconds=91)):
        work_it_off()
    assert len(server.fulfillments) == 1


def test_a_refusal_is_put_before_a_person_and_not_repeated(client: Client, server: ShopServer):
    row = from_shopify(client, server)
    server.decline("FulfillmentCreate", "fulfillmentCreate", "Invalid quantity requested for pat@example.test")
    ship(row)
    much_later()

    assert not server.fulfillments
    case = ExceptionCase.objects.get()
    assert (case.type, case.order_id) == ("dead_letter", row.order_id)
    assert "shop declined fulfillmentCreate: Invalid quantity requested for •." in case.sentence
    assert ChannelNotice.objects.get().state == "refused"


def test_what_was_fulfilled_there_by_hand_is_not_fulfilled_again(client: Client, server: ShopServer):
    row = from_shopify(client, server)
    server.orders["1"]["line_items"][0]["fulfillable_quantity"] = 0
    ship(row)

    assert not server.fulfillments
    assert ChannelNotice.objects.get().detail == "nothing there was left to fulfill"


def test_woocommerce_gets_a_note_and_the_order_is_completed(client: Client, server: ShopServer):
    shipment = ship(from_woo(client, server))

    note = f"Shipped: dpd T-S1 https://track.test/1 ({shipment.public_id})"
    assert server.notes == [{"note": note, "customer_note": True}]
    assert server.orders["1"]["status"] == "completed"


def test_woocommerces_order_is_completed_with_the_last_shipment_only(client: Client, server: ShopServer):
    row = from_woo(client, server)
    ship(row, 1, "S1")
    assert (len(server.notes), server.orders["1"]["status"]) == (1, "processing")
    ship(row, 1, "S2")

    assert (len(server.notes), server.orders["1"]["status"]) == (2, "completed")


def test_a_note_the_shop_took_before_it_broke_is_not_written_twice(client: Client, server: ShopServer):
    row = from_woo(client, server)
    server.fail(f"PUT {WOO}/orders/1", 500)
    ship(row)
    much_later()

    assert len(server.notes) == 1
    assert server.orders["1"]["status"] == "completed"


def test_an_order_refunded_there_meanwhile_is_not_completed(client: Client, server: ShopServer):
    row = from_woo(client, server)
    server.orders["1"]["status"] = "refunded"
    ship(row)

    assert server.orders["1"]["status"] == "refunded"


@pytest.mark.parametrize("kind", ["shopify", "woo"])
def test_a_cancellation_decided_here_is_told_there(client: Client, server: ShopServer, kind: str):
    from_shopify(client, server) if kind == "shopify" else from_woo(client, server)
    call_off_order(the_order(1).pk, reason="no stock", actor=AGENT)
    work_it_off()

    order = server.orders["1"]
    assert order.get("cancelled_at") or order.get("status") == "cancelled"
    assert ChannelNotice.objects.get().effect == "cancelled"


def test_a_cancellation_the_channel_sent_is_not_told_back(client: Client, server: ShopServer):
    from_shopify(client, server)
    send_shopify(client, shopify_order(cancelled_at=later(), updated_at=later()), "orders/cancelled")
    work_it_off()

    assert the_order().state == "cancelled"
    assert not ChannelNotice.objects.exists()
    assert not server.requests


def test_channels_without_an_address_cost_no_notice_and_no_call(server: ShopServer):
    ChannelFactory()
    make_order(lines={"A": 1})
    work_it_off()
    ship(FulfillmentOrder.objects.get())

    assert not ChannelNotice.objects.exists()
    assert not Event.objects.filter(name="channel.to_tell").exists()
    assert not server.requests


def test_the_same_news_twice_is_one_notice(client: Client, server: ShopServer):
    ship(from_woo(client, server))
    run = StepRun.objects.get(step="queue_channel_updates")
    StepRun.objects.filter(pk=run.pk).update(state="due")
    work_it_off()

    assert ChannelNotice.objects.count() == 1
    assert len(server.notes) == 1


def test_a_bundle_is_told_as_what_the_shop_sold(client: Client, server: ShopServer):
    bundle = SkuFactory(code="SET")
    bundle.components.create(component=SkuFactory(code="A"), quantity=2)
    bundle.components.create(component=SkuFactory(code="B"), quantity=1)
    lines = [{"id": 11, "sku": "SET", "quantity": 2, "price": "10.00"}]
    send_shopify(client, shopify_order(line_items=lines))
    server.orders["1"] = {"id": 1, "line_items": [{"id": 11, "quantity": 2}]}
    work_it_off()
    row = FulfillmentOrder.objects.get()
    parts = {line.sku.code: line.pk for line in FulfillmentLine.objects.select_related("sku")}

    for external_id, contents in (("S1", {parts["A"]: 3, parts["B"]: 1}), ("S2", {parts["A"]: 1, parts["B"]: 1})):
        ship_fulfillment_order(
            row.pk, external_id=external_id, parcels=[Parcel(external_id, contents=contents)], actor=AGENT
        )
        work_it_off()

    assert units_told(server) == [1, 1]


def test_each_call_to_the_shop_is_logged_with_its_order_and_attempt_and_found_by_them(
    client: Client, server: ShopServer
):
    row = from_shopify(client, server)
    before = set(CallLog.objects.values_list("pk", flat=True))
    for _ in range(3):
        server.fail(f"GET {GRAPHQL} Fulfillment", 500)
    ship(row)
    much_later()

    calls = CallLog.objects.exclude(pk__in=before).filter(kind="shop").exclude(stream="")
    assert {call.operation for call in calls} == {"FulfillmentsThere", "FulfillmentOrders", "FulfillmentCreate"}
    assert {call.stream for call in calls} == {row.order.public_id}
    assert {call.reference for call in calls} == {ChannelNotice.objects.get().subject_ref}
    assert {call.attempt for call in calls} == {1, 2, 3, 4}
    client.force_login(UserFactory(role=Role.OPERATIONS))
    page = client.get("/admin/outbound/calllog/", {"stream": row.order.public_id})
    assert page.context["cl"].result_count == calls.count()
    assert row.order.public_id in page.content.decode()
    assert client.get("/admin/outbound/calllog/", {"stream": "ord_other"}).context["cl"].result_count == 0
