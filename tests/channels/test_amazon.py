"""Amazon: nobody's address without need, parcels confirmed once, stock by the unit, and what Amazon fulfills itself left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.adapters.amazon import ADAPTER
from apps.channels.errors import ShopBusy, ShopRefused
from apps.channels.framework import registry
from apps.channels.framework.shop import Parcel as Box
from apps.channels.framework.shop import ShipmentReport
from apps.channels.framework.stock import Article, Figure
from apps.channels.models import Channel, ChannelNotice, ChannelToken, InboxMessage
from apps.channels.services.connecting import shop_of
from apps.channels.tasks import poll_all
from apps.core import clock
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, call_off_order, ship_fulfillment_order
from apps.orders.models import Hold, Order, OrderContact
from apps.outbound.models import Breaker
from orchestrator.sandbox.shops.amazon import Amazon
from tests.channels.amazon import (
    amazon_channel,
    amazon_item,
    amazon_order,
    joined_order,
    money,
    notification,
    number_of,
)
from tests.channels.sending import send_standard, verdicts
from tests.channels.simulated import Simulated, simulated
from tests.driving import work_it_off
from tests.factories import AGENT, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
SINCE = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def shop() -> Iterator[Simulated[Amazon]]:
    make_policy()
    make_stock(N1={"A": 100, "B": 100})
    with simulated(Amazon) as running:
        yield running


@pytest.fixture
def channel(shop: Simulated[Amazon]) -> Channel:
    return amazon_channel(shop.url, polled_until=SINCE)


def polled() -> None:
    poll_all()
    work_it_off()


def just_now() -> str:
    return f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"


def figure(code: str, units: int, stock_id: str = "DEFAULT") -> Figure:
    return Figure(article=Article(external_id=code, stock_id=stock_id, code=code), available=units, shown=None, ref="r")


# --- orders in


def test_addresses_are_asked_for_only_of_orders_that_ship_here(shop: Simulated[Amazon], channel: Channel):
    shop.shop.put(amazon_order(1))
    shop.shop.put(amazon_order(2, by="AMAZON"))
    shop.shop.put(amazon_order(3, status="CANCELLED"))
    shop.shop.put(amazon_order(4, status="SHIPPED"))
    shop.shop.put(amazon_order(5, status="PENDING"))
    polled()

    assert shop.shop.people_asked == [number_of(1)]
    assert OrderContact.objects.get(line1="1 Canary Row").name == "Pat Canary"
    others = [bytes(one.body) for one in InboxMessage.objects.exclude(external_id=number_of(1))]
    assert len(others) == 4
    assert not [body for body in others if b"Canary" in body]


def test_what_amazon_fulfills_is_recorded_once_it_is_shipped_and_never_routed(
    shop: Simulated[Amazon], channel: Channel
):
    shop.shop.put(amazon_order(1, by="AMAZON"))
    polled()
    assert not Order.objects.exists()

    shop.shop.put(amazon_order(1, just_now(), by="AMAZON", status="SHIPPED"))
    Channel.objects.update(settings=channel.settings | {"completed_orders": "take"})
    polled()

    order = Order.objects.get()
    assert order.state == "delivered"
    assert [line.elsewhere_quantity for line in order.lines.all()] == [2]
    assert not FulfillmentOrder.objects.exists()


def test_a_notification_only_names_the_order_which_is_then_fetched(
    client: Client, shop: Simulated[Amazon], channel: Channel
):
    shop.shop.put(amazon_order(1))
    assert send_standard(client, channel, notification(1)).status_code == 200
    work_it_off()

    assert Order.objects.get().external_id == number_of(1)
    assert OrderContact.objects.filter(name="Pat Canary").exists()


def test_an_order_of_another_store_of_the_seller_is_left_to_that_stores_channel(
    client: Client, shop: Simulated[Amazon], channel: Channel
):
    shop.shop.put(amazon_order(1, salesChannel={"channelName": "AMAZON", "marketplaceId": "A1PA6795UKMFR9"}))
    send_standard(client, channel, notification(1))
    work_it_off()
    with clock.moved(timedelta(minutes=5)):
        work_it_off()

    assert not Order.objects.exists()
    assert [verdict for verdict, _ in verdicts()] == ["ignored"]
    assert shop.shop.people_asked == []


def test_a_notification_about_something_else_is_passed_over(client: Client, shop: Simulated[Amazon], channel: Channel):
    send_standard(client, channel, notification(1, "ANY_OFFER_CHANGED"))
    work_it_off()

    assert [verdict for verdict, _ in verdicts()] == ["ignored"]
    assert shop.requests == []


def test_a_seller_who_needs_it_gets_a_token_for_that_one_order(shop: Simulated[Amazon]):
    amazon_channel(shop.url, polled_until=SINCE, restricted_data_token=True)
    shop.shop.restricted = True
    shop.shop.put(amazon_order(1))
    shop.shop.put(amazon_order(2, by="AMAZON"))
    polled()

    asked = [request.json() for request, _ in shop.requests if "restrictedDataToken" in request.path]
    assert [one["restrictedResources"][0]["path"] for one in asked] == [f"/orders/2026-01-01/orders/{number_of(1)}"]
    assert OrderContact.objects.filter(line1="1 Canary Row").exists()


def test_an_app_that_may_not_read_addresses_holds_the_order_and_asks_no_second_time(
    shop: Simulated[Amazon], channel: Channel
):
    shop.shop.restricted = True
    shop.shop.put(amazon_order(1))
    polled()

    assert Hold.objects.get().reason == "address_invalid"
    assert shop.shop.people_asked == [number_of(1)]


def test_an_order_cancelled_between_list_and_fetch_is_not_shipped(shop: Simulated[Amazon], channel: Channel):
    shop.shop.put(amazon_order(1))
    poll_all()
    shop.shop.put(amazon_order(1, "2026-11-02T10:00:00Z", status="CANCELLED"))
    work_it_off()

    assert not FulfillmentOrder.objects.exists()


def test_a_buyer_who_asks_for_it_to_be_cancelled_holds_it(shop: Simulated[Amazon], channel: Channel):
    asked = {"cancellationRequest": {"requester": "BUYER", "cancelReason": "Ordered by mistake"}}
    shop.shop.put(amazon_order(1, orderItems=[amazon_item(cancellation=asked)]))
    polled()
    assert Hold.objects.get().reason == "manual"

    shop.shop.put(amazon_order(1, just_now()))
    polled()
    assert not Hold.objects.filter(released_at=None).exists()


def test_every_charge_counts_once_whatever_sign_discounts_have(shop: Simulated[Amazon], channel: Channel):
    for number, sign in enumerate(("", "-"), 1):
        item = amazon_item(charges={"SHIPPING": "4.99", "GIFT_WRAP": "2.00", "TAX": "3.70", "DISCOUNT": f"{sign}6.99"})
        tax, discount = item["proceeds"]["breakdowns"][3:5]
        assert (tax["type"], discount["type"]) == ("TAX", "DISCOUNT")
        tax["detailedBreakdowns"] = [
            {"subtype": "ITEM", "value": money("2.50")},
            {"subtype": "SHIPPING", "value": money("0.80")},
            {"subtype": "GIFT_WRAP", "value": money("0.40")},
        ]
        discount["detailedBreakdowns"] = [
            {"subtype": "ITEM", "value": money(f"{sign}2.00")},
            {"subtype": "SHIPPING", "value": money(f"{sign}4.99")},
        ]
        buyer = {"buyerName": f"Buyer {number}", "buyerEmail": f"b{number}@marketplace.example"}
        shop.shop.put(amazon_order(number, orderItems=[item], proceeds={"grandTotal": money("23.70")}, buyer=buyer))
    polled()

    assert list(Hold.objects.values_list("reason", "note")) == []
    for order in Order.objects.all():
        line = order.lines.get()
        assert (order.total_minor, line.unit_price_minor, line.tax_minor, line.discount_minor) == (2370, 1000, 250, 200)
        claimed = order.claimed_totals
        assert [claimed[name] for name in ("shipping", "shipping_tax", "tax", "fees", "discount")] == [
            499, 80, 330, 240, 499,
        ]  # fmt: skip


def test_items_cancelled_at_amazon_are_not_shipped(shop: Simulated[Amazon], channel: Channel):
    gone = amazon_item("2", "B", 1, cancellation={"cancellationExecution": {"cancelledBy": "MERCHANT"}})
    gone["fulfillment"] = {"quantityFulfilled": 0, "quantityUnfulfilled": 0}
    shop.shop.put(amazon_order(1, orderItems=[amazon_item(), gone, amazon_item("3", "B", 0)]))
    polled()

    assert list(Order.objects.get().lines.values_list("sku_code", flat=True)) == ["A"]


def test_two_pages_that_overlap_while_orders_change_lose_none(shop: Simulated[Amazon], channel: Channel):
    shop.page_size = 2
    for number in range(1, 8):
        shop.shop.put(amazon_order(number, f"2026-11-02T09:0{number}:00Z"))
    listing = shop.shop.search

    def search(request: Any) -> Any:
        answer = listing(request)
        if request.query.get("paginationToken"):
            # The first order changes and moves to the end: what follows slips one place forward.
            shop.orders[number_of(1)]["lastUpdatedTime"] = "2026-11-02T09:30:00Z"
        return answer

    shop.shop.search = search  # type: ignore[method-assign]
    polled()

    assert Order.objects.count() == 7


def test_an_order_of_v0_joined_with_its_items_is_still_read(client: Client, shop: Simulated[Amazon], channel: Channel):
    send_standard(client, channel, joined_order(1))
    work_it_off()
    assert Order.objects.get().state == "released"

    send_standard(client, channel, joined_order(1, OrderStatus="Canceled", LastUpdateDate="2026-11-02T10:00:00Z"))
    work_it_off()
    assert Order.objects.get().state == "cancelled"
    assert shop.requests == []


# --- tokens and plans


def test_a_token_that_has_expired_is_renewed_before_the_call(
    shop: Simulated[Amazon], channel: Channel, monkeypatch: pytest.MonkeyPatch
):
    assert ADAPTER.oauth is not None
    here = replace(ADAPTER, oauth=replace(ADAPTER.oauth, token_url="{base_url}/auth/o2/token"))
    known = {**registry.adapters(), "amazon": here}
    monkeypatch.setattr(registry, "_found", lambda _: known)
    ChannelToken.objects.update(expires_at=clock.now() + timedelta(seconds=30))
    shop.shop.tokens, shop.shop.refresh_tokens = {"nobody's"}, {"Atzr-test"}
    shop.shop.put(amazon_order(1))
    polled()

    assert Order.objects.count() == 1
    token = ChannelToken.objects.get()
    assert token.access_token in shop.shop.tokens
    assert token.expires_at is not None
    assert token.expires_at > clock.now() + timedelta(minutes=50)


def test_one_plan_that_is_used_up_keeps_no_other_waiting(shop: Simulated[Amazon], channel: Channel):
    shop.shop.sell("A", 1)
    shop.fail("GET /orders/", 429, x_amzn_RateLimit_Limit="0.0056")
    with pytest.raises(ShopBusy) as busy:
        shop_of(channel).changed_orders("", SINCE, None, "")

    assert timedelta(seconds=170) < busy.value.until - clock.now() < timedelta(seconds=185)
    assert shop_of(channel).send_stock([figure("A", 3)])[0].taken
    assert dict(Breaker.objects.values_list("part", "wait_until"))["patchListingsItem"] is None


def test_revoked_access_is_a_refusal_in_words(shop: Simulated[Amazon], channel: Channel):
    shop.shop.tokens = {"another"}
    with pytest.raises(ShopRefused) as refused:
        shop_of(channel).changed_orders("", SINCE, None, "")

    assert "revoked" in refused.value.sentence


# --- what is reported


def ship(shop: Simulated[Amazon], *parcels: Parcel) -> None:
    ship_fulfillment_order(FulfillmentOrder.objects.get().pk, external_id="S", parcels=list(parcels), actor=AGENT)
    work_it_off()


def test_a_shipment_confirmed_by_hand_there_is_taken_as_confirmed(shop: Simulated[Amazon], channel: Channel):
    shop.shop.put(amazon_order(1))
    polled()
    order = shop.orders[number_of(1)]
    order["fulfillment"]["fulfillmentStatus"] = "SHIPPED"
    order["orderItems"][0]["fulfillment"] = {"quantityFulfilled": 2, "quantityUnfulfilled": 0}
    ship(shop, Parcel("T1"))

    assert ChannelNotice.objects.get().state == "told"
    assert shop.shop.confirmations == []


def test_a_parcel_without_a_number_is_put_before_a_person_and_not_made_up(shop: Simulated[Amazon], channel: Channel):
    shop.shop.put(amazon_order(1))
    polled()
    ship(shop, Parcel(""))

    assert shop.shop.confirmations == []
    assert "tracking number" in ChannelNotice.objects.get().detail


def test_each_parcel_is_confirmed_with_what_is_in_it(shop: Simulated[Amazon], channel: Channel):
    items = [amazon_item("1", "A", 2), amazon_item("2", "B", 1, "5.00")]
    shop.shop.put(amazon_order(1, orderItems=items))
    boxes = [Box("DHL", "D1", "", {"1": 1}), Box("Own van", "D2", "", {"1": 1, "2": 1})]
    report = ShipmentReport("shp_1", number_of(1), {"1": 2, "2": 1}, boxes, complete=True)
    for _ in range(2):
        shop_of(channel).report_shipment(report, check_first=True)

    sent = [one["packageDetail"] for one in shop.shop.confirmations]
    assert [(one["trackingNumber"], one["carrierCode"], one.get("carrierName")) for one in sent] == [
        ("D1", "DHL", None),
        ("D2", "Other", "Own van"),
    ]
    assert [{item["orderItemId"]: item["quantity"] for item in one["orderItems"]} for one in sent] == [
        {"1": 1},
        {"1": 1, "2": 1},
    ]
    assert shop.orders[number_of(1)]["fulfillment"]["fulfillmentStatus"] == "SHIPPED"


def test_units_of_no_single_parcel_go_with_the_last():
    boxes = [Box("DHL", "1", "", {"1": 1}), Box("DHL", "2", ""), Box("DHL", "3", "", {"2": 1})]
    report = ShipmentReport("shp_1", "o", {"1": 2, "2": 1}, boxes, complete=True)

    assert [(one.number, dict(one.units)) for one in report.by_parcel()] == [("1", {"1": 1}), ("3", {"2": 1, "1": 1})]


def test_a_cancellation_is_asked_for_by_feed_and_its_result_read_back(shop: Simulated[Amazon], channel: Channel):
    shop.shop.put(amazon_order(1))
    shop.shop.works_on_feeds = 1
    polled()
    call_off_order(Order.objects.get().pk, reason="customer", actor=AGENT)
    work_it_off()
    assert [(one["order_id"], one["reasons"]) for one in shop.shop.feeds] == [(number_of(1), ["NoInventory"])]
    asked = ChannelNotice.objects.get()
    assert (asked.state, asked.ticket) == ("pending", str(shop.shop.feeds[0]["feed_id"]))

    for minutes in (3, 6):
        with clock.moved(timedelta(minutes=minutes)):
            work_it_off()

    told = ChannelNotice.objects.get()
    assert (told.state, told.detail, told.attempts) == ("told", f"done by Amazon, by feed {asked.ticket}", 1)
    assert shop_of(channel).report_cancellation(number_of(1), check_first=True) == "the order had ended there already"
    assert len(shop.shop.feeds) == 1


def test_a_cancellation_that_amazon_reports_as_failed_is_put_before_a_person(shop: Simulated[Amazon], channel: Channel):
    shop.shop.put(amazon_order(1))
    shop.shop.feed_errors = {number_of(1): "The order has been shipped and can not be acknowledged as a failure"}
    polled()
    call_off_order(Order.objects.get().pk, reason="customer", actor=AGENT)
    work_it_off()
    with clock.moved(timedelta(minutes=3)):
        work_it_off()

    assert ChannelNotice.objects.get().state == "refused"
    assert "The order has been shipped and can not be acknowledged as a failure" in ExceptionCase.objects.get().sentence
