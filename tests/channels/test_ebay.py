"""eBay: who sent a notification, orders whole and in one currency, parcels reported once, cancellations decided."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from apps.channels.adapters.ebay import ADAPTER
from apps.channels.errors import ShopBusy, ShopRefused
from apps.channels.framework.shop import Parcel as Box
from apps.channels.framework.shop import ShipmentReport
from apps.channels.models import Channel, ChannelNotice, ChannelToken, InboxMessage
from apps.channels.services.connecting import shop_of
from apps.channels.tasks import poll_all
from apps.core import clock
from apps.core.process_cache import clear_process_cache
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, call_off_order, ship_fulfillment_order
from apps.orders.models import Hold, Order, OrderContact
from orchestrator.sandbox.shops.ebay import Ebay
from tests.channels.ebay import (
    TOKEN,
    cancelled,
    ebay_channel,
    ebay_item,
    ebay_order,
    money,
    nobodys_key,
    notification,
    number_of,
    signing_key,
)
from tests.channels.sending import verdicts
from tests.channels.simulated import Simulated, simulated
from tests.driving import work_it_off
from tests.factories import AGENT, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
SINCE = datetime(2026, 11, 2, tzinfo=UTC)
assert ADAPTER.signing is not None
SIGNING = ADAPTER.signing


@pytest.fixture
def shop() -> Iterator[Simulated[Ebay]]:
    make_policy()
    make_stock(N1={"A": 100, "B": 100})
    clear_process_cache()
    with simulated(Ebay) as running:
        yield running


@pytest.fixture
def channel(shop: Simulated[Ebay]) -> Channel:
    return ebay_channel(shop.url, polled_until=SINCE)


def polled() -> None:
    poll_all()
    work_it_off()


def just_now() -> str:
    return f"{clock.now():%Y-%m-%dT%H:%M:%S}.000Z"


def notify(client: Client, key: str, payload: Any, *, body: bytes = b"") -> HttpResponse:
    sent = json.dumps(payload).encode()
    headers = SIGNING.sign(key, sent, message_id="", at=clock.now())
    answer: HttpResponse = client.post(
        "/hooks/ebay/ebay/", body or sent, content_type="application/json", headers=headers
    )
    return answer


def asked_for_keys(shop: Simulated[Ebay]) -> int:
    return sum("public_key" in request.path for request, _ in shop.requests)


# --- notifications


def test_a_notification_names_the_order_which_is_then_fetched(client: Client, shop: Simulated[Ebay], channel: Channel):
    key = signing_key(shop.shop)
    shop.shop.put(ebay_order(1))
    assert notify(client, key, notification(1)).status_code == 200
    work_it_off()

    assert Order.objects.get().external_id == number_of(1)


def test_a_key_is_fetched_once_and_a_made_up_one_is_not_asked_for_again(
    client: Client, shop: Simulated[Ebay], channel: Channel
):
    key = signing_key(shop.shop)
    for number in (1, 2):
        assert notify(client, key, notification(number)).status_code == 200
    assert asked_for_keys(shop) == 1

    forged = nobodys_key()
    for number in (3, 4):
        assert notify(client, forged, notification(number)).status_code == 401
    assert asked_for_keys(shop) == 2
    assert notify(client, key, notification(5), body=b'{"another": "body"}').status_code == 401
    assert InboxMessage.objects.count() == 2


def test_while_the_key_cannot_be_fetched_ebay_is_asked_to_send_it_again(
    client: Client, shop: Simulated[Ebay], channel: Channel
):
    key = signing_key(shop.shop)
    shop.fail("GET /commerce/notification", 503, retry_after="1")

    assert notify(client, key, notification(1)).status_code == 503
    assert not InboxMessage.objects.exists()


@pytest.mark.parametrize("header", ["", "bm90IGpzb24=", "e30=", "!!!", "W10="])
def test_a_signature_nobody_can_read_is_refused(client: Client, shop: Simulated[Ebay], channel: Channel, header: str):
    answer = client.post(
        "/hooks/ebay/ebay/", b"{}", content_type="application/json", headers={"X-EBAY-SIGNATURE": header}
    )

    assert answer.status_code == 401
    assert shop.requests == []


def test_ebay_is_answered_whether_the_address_is_ours(
    client: Client, shop: Simulated[Ebay], channel: Channel, settings: Settings
):
    settings.ORDERYARD = {**settings.ORDERYARD, "URL": "https://orders.example/"}
    answer = client.get("/hooks/ebay/ebay/?challenge_code=abc")

    said = hashlib.sha256(f"abc{TOKEN}https://orders.example/hooks/ebay/ebay/".encode()).hexdigest()
    assert (answer.status_code, answer.json()) == (200, {"challengeResponse": said})
    assert client.get("/hooks/ebay/ebay/").status_code == 405
    assert client.get("/hooks/amazon/ebay/?challenge_code=abc").status_code == 404


def test_a_user_who_closed_the_account_is_erased(client: Client, shop: Simulated[Ebay], channel: Channel):
    shop.shop.put(ebay_order(1, buyer={"username": "pat1"}, orderFulfillmentStatus="FULFILLED"))
    polled()
    assert OrderContact.objects.filter(name="Pat Canary 1").exists()
    closed = notification(1, "MARKETPLACE_ACCOUNT_DELETION", username="pat1", userId="u1", eiasToken="t")
    notify(client, signing_key(shop.shop), closed)
    work_it_off()

    assert not OrderContact.objects.filter(name="Pat Canary 1").exists()
    assert not [one for one in InboxMessage.objects.all() if b"Canary" in bytes(one.body) or b"pat1" in bytes(one.body)]


# --- orders in


def test_an_order_by_the_hub_goes_to_the_hub_with_its_reference(shop: Simulated[Ebay], channel: Channel):
    order = ebay_order(1)
    start = order["fulfillmentStartInstructions"][0]
    start["ebaySupportedFulfillment"] = True
    start["shippingStep"]["shipToReferenceId"] = "9876543210"
    start["finalDestinationAddress"] = {"city": "Lyon", "countryCode": "FR"}
    shop.shop.put(order)
    polled()

    kept = Order.objects.get()
    contact = OrderContact.objects.get(order=kept, role="ship_to")
    assert (contact.company, contact.city, contact.country) == ("Reference #9876543210", "Leeds", "GB")
    assert kept.tags == ["ebay-hub"]
    assert kept.state == "released"


def test_discounts_delivery_and_tax_come_to_ebays_total(shop: Simulated[Ebay], channel: Channel):
    item = ebay_item(
        units=3, cost="30.00", discountedLineItemCost=money("26.99"), taxes=[{"amount": money("1.50")}],
    )  # fmt: skip
    pricing = {
        "priceSubtotal": money("30.00"), "priceDiscount": money("-3.01"), "deliveryCost": money("4.99"),
        "deliveryDiscount": money("-1.00"), "tax": money("1.80"), "adjustment": money("-0.50"), "total": money("32.28"),
    }  # fmt: skip
    shop.shop.put(ebay_order(1, lineItems=[item], pricingSummary=pricing))
    polled()

    assert list(Hold.objects.values_list("reason", "note")) == []
    line = Order.objects.get().lines.get()
    assert (line.quantity, line.unit_price_minor, line.discount_minor, line.tax_minor) == (3, 1000, 301, 150)
    assert Order.objects.get().total_minor == 3228


def test_amounts_are_those_after_conversion(shop: Simulated[Ebay], channel: Channel):
    abroad = money("20.00") | {"convertedFromValue": "25.40", "convertedFromCurrency": "USD"}
    shop.shop.put(ebay_order(1, pricingSummary={"priceSubtotal": abroad, "total": abroad}))
    polled()

    assert (Order.objects.get().currency, Order.objects.get().total_minor) == ("GBP", 2000)
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"cancelStatus": {"cancelState": "IN_PROGRESS", "cancelRequests": []}}, "manual"),
        ({"orderPaymentStatus": "PARTIALLY_REFUNDED"}, "payment_problem"),
        ({"orderPaymentStatus": "A_NEW_WORD"}, "payment_problem"),
        ({"orderFulfillmentStatus": "A_NEW_WORD"}, None),
    ],
)
def test_what_is_in_doubt_waits_for_a_person(
    shop: Simulated[Ebay], channel: Channel, said: dict[str, Any], reason: str | None
):
    shop.shop.put(ebay_order(1, **said))
    polled()

    assert not FulfillmentOrder.objects.exists()
    if reason:
        assert reason in Hold.objects.values_list("reason", flat=True)
    else:
        assert [verdict for verdict, _ in verdicts()] == ["quarantined"] or Hold.objects.exists()


def test_what_ebay_fulfills_itself_is_recorded_and_never_routed(shop: Simulated[Ebay], channel: Channel):
    program = {"fulfillmentProgram": {"fulfilledBy": "EBAY"}}
    shop.shop.put(ebay_order(1, program=program))
    polled()
    assert not Order.objects.exists()

    shop.shop.put(ebay_order(1, just_now(), program=program, orderFulfillmentStatus="FULFILLED"))
    polled()
    assert Order.objects.get().state == "delivered"
    assert not FulfillmentOrder.objects.exists()


def test_pages_that_shift_while_orders_change_lose_none(shop: Simulated[Ebay], channel: Channel):
    shop.page_size = 2
    for number in range(1, 8):
        shop.shop.put(ebay_order(number, f"2026-11-02T09:0{number}:00.000Z"))
    listing = shop.shop.list_orders

    def list_orders(request: Any) -> Any:
        answer = listing(request)
        shop.orders[number_of(1)]["lastModifiedDate"] = "2026-11-02T09:30:00.000Z"
        return answer

    shop.shop.list_orders = list_orders  # type: ignore[method-assign]
    polled()

    assert Order.objects.count() == 7


# --- tokens


def test_a_token_is_renewed_before_it_ends(shop: Simulated[Ebay], channel: Channel):
    ChannelToken.objects.update(expires_at=clock.now() + timedelta(seconds=30))
    shop.shop.tokens, shop.shop.refresh_tokens = {"nobody's"}, {"refresh"}
    shop.shop.put(ebay_order(1))
    polled()

    assert Order.objects.count() == 1
    assert ChannelToken.objects.get().access_token in shop.shop.tokens


def test_access_that_was_taken_back_is_a_refusal_in_words(shop: Simulated[Ebay], channel: Channel):
    shop.shop.tokens = {"another"}
    with pytest.raises(ShopRefused) as refused:
        shop_of(channel).changed_orders("", SINCE, None, "")

    assert "Authorization" in refused.value.sentence


def test_a_shop_that_is_throttled_is_left_alone(shop: Simulated[Ebay], channel: Channel):
    shop.fail("GET /sell/fulfillment", 429, retry_after="3600")
    with pytest.raises(ShopBusy):
        shop_of(channel).changed_orders("", SINCE, None, "")
    before = len(shop.requests)
    with pytest.raises(ShopBusy):
        shop_of(channel).changed_orders("", SINCE, None, "")

    assert len(shop.requests) == before


# --- what is reported


def ship(*parcels: Parcel) -> None:
    ship_fulfillment_order(FulfillmentOrder.objects.get().pk, external_id="S", parcels=list(parcels), actor=AGENT)
    work_it_off()


def report(*boxes: Box, **changes: Any) -> ShipmentReport:
    made = ShipmentReport("shp_1", number_of(1), {"1": 2, "2": 1}, boxes, complete=True)
    return replace(made, **changes)


def test_each_parcel_is_reported_once_with_what_is_in_it(shop: Simulated[Ebay], channel: Channel):
    shop.shop.put(ebay_order(1, lineItems=[ebay_item(), ebay_item("2", "B", 1, "5.00")]))
    boxes = (Box("Royal Mail", "RM 12-34", "", {"1": 1}), Box("Van", "", "", {"1": 1, "2": 1}))
    for _ in range(2):
        shop_of(channel).report_shipment(report(*boxes), check_first=True)

    made = shop.shop.fulfillments[number_of(1)]
    assert [(one.get("shipmentTrackingNumber"), one.get("shippingCarrierCode")) for one in made] == [
        ("RM1234", "RoyalMail"),
        (None, None),
    ]
    assert [len(one["lineItems"]) for one in made] == [1, 2]
    assert shop.orders[number_of(1)]["orderFulfillmentStatus"] == "FULFILLED"


def test_an_order_marked_as_shipped_there_is_taken_as_reported(shop: Simulated[Ebay], channel: Channel):
    shop.shop.put(ebay_order(1))
    polled()
    shop_of(channel).report_shipment(report(Box("DHL", "X1", "", {"1": 2}), units={"1": 2}), check_first=False)
    ship(Parcel("T1"))

    assert ChannelNotice.objects.get().state == "told"
    assert len(shop.shop.fulfillments[number_of(1)]) == 1


def test_a_cancellation_the_buyer_asked_for_is_approved(shop: Simulated[Ebay], channel: Channel):
    shop.shop.put(ebay_order(1))
    polled()
    asked = {"cancelRequestId": "77", "cancelRequestState": "REQUESTED", "cancelInitiator": "BUYER"}
    shop.orders[number_of(1)]["cancelStatus"] = {"cancelState": "IN_PROGRESS", "cancelRequests": [asked]}
    call_off_order(Order.objects.get().pk, reason="customer", actor=AGENT)
    work_it_off()

    assert [(one["cancel_id"], one["approved"]) for one in shop.shop.cancellations] == [("77", True)]
    assert shop_of(channel).report_cancellation(number_of(1), check_first=True) == "the order had ended there already"
    assert len(shop.shop.cancellations) == 1


def test_what_ebay_does_not_let_be_cancelled_is_said_in_words(shop: Simulated[Ebay], channel: Channel):
    shop.shop.put(ebay_order(1))
    shop.shop.not_cancellable[number_of(1)] = "ORDER_OLDER_THAN_30_DAYS"
    with pytest.raises(ShopRefused) as refused:
        shop_of(channel).report_cancellation(number_of(1), check_first=False)

    assert "ORDER_OLDER_THAN_30_DAYS" in refused.value.sentence
    assert shop.shop.cancellations == []


def test_an_order_cancelled_at_ebay_is_cancelled_here(shop: Simulated[Ebay], channel: Channel):
    shop.shop.put(ebay_order(1))
    polled()
    shop.shop.put(cancelled(ebay_order(1, just_now())))
    polled()

    assert Order.objects.get().state == "cancelled"
