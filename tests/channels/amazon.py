"""Orders and channels of Amazon, as tests need them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.channels.framework import registry
from apps.channels.models import Channel, ChannelToken
from apps.core import clock
from tests.channels.sending import STANDARD_SECRET
from tests.factories import ChannelFactory

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders"
MARKETPLACE, SELLER = "A1F83G8C2ARO7P", "A3TH9S8BH6GOGM"


def money(amount: str, currency: str = "GBP") -> dict[str, str]:
    return {"amount": amount, "currencyCode": currency}


def number_of(number: int) -> str:
    return f"902-1845936-{number:07}"


def amazon_item(
    line: str = "1", sku: str = "A", units: int = 2, price: str = "10.00", **changes: Any
) -> dict[str, Any]:
    """An item; ``charges``: what else it cost, by type."""
    charges = {"ITEM": f"{units * float(price):.2f}"} | changes.pop("charges", {})
    return {
        "orderItemId": line,
        "quantityOrdered": units,
        "product": {"asin": "B000000001", "title": "Thing", "sellerSku": sku, "price": {"unitPrice": money(price)}},
        "proceeds": {"breakdowns": [{"type": kind, "subtotal": money(amount)} for kind, amount in charges.items()]},
        "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": units},
    } | changes


def amazon_order(number: int = 1, changed_at: str = "2026-11-02T09:00:00Z", **changes: Any) -> dict[str, Any]:
    """A paid order of two of SKU A to Leeds, as getOrder of 2026-01-01 gives it; ``status`` and ``by`` of its fulfillment."""
    status, by = changes.pop("status", "UNSHIPPED"), changes.pop("by", "MERCHANT")
    return {
        "orderId": number_of(number),
        "createdTime": "2026-11-02T09:00:00Z",
        "lastUpdatedTime": changed_at,
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": MARKETPLACE, "marketplaceName": "Amazon.co.uk"},
        "buyer": {"buyerName": "Pat Canary", "buyerEmail": "pat.canary@marketplace.amazon.example"},
        "recipient": {
            "deliveryAddress": {
                "name": "Pat Canary", "addressLine1": f"{number} Canary Row", "city": "Leeds", "postalCode": "LS1 1AA",
                "countryCode": "GB",
            }
        },
        "proceeds": {"grandTotal": money("20.00")},
        "fulfillment": {"fulfillmentStatus": status, "fulfilledBy": by, "fulfillmentServiceLevel": "STANDARD"},
        "orderItems": [amazon_item()],
    } | changes  # fmt: skip


def joined_order(number: int = 1, **changes: Any) -> dict[str, Any]:
    """The same as the Orders API v0 gives it, joined with its items."""
    amount = {"CurrencyCode": "GBP", "Amount": "20.00"}
    order = {
        "AmazonOrderId": number_of(number), "PurchaseDate": "2026-11-02T09:00:00Z", "OrderStatus": "Unshipped",
        "LastUpdateDate": "2026-11-02T09:00:00Z", "FulfillmentChannel": "MFN", "OrderTotal": amount,
        "ShippingAddress": {
            "Name": "Pat Canary", "AddressLine1": "1 Canary Row", "City": "Leeds", "PostalCode": "LS1 1AA", "CountryCode": "GB",
        },
    }  # fmt: skip
    item = {"OrderItemId": "1", "SellerSKU": "A", "Title": "Thing", "QuantityOrdered": 2, "ItemPrice": amount}
    return {"order": order | changes, "items": [item]}


def amazon_channel(url: str, *, code: str = "amazon", polled_until: datetime | None = None, **settings: Any) -> Channel:
    given = {"seller_id": SELLER, "marketplace_id": MARKETPLACE} | settings
    channel: Channel = ChannelFactory(
        code=code, kind="amazon", base_url=url, secret=STANDARD_SECRET, settings=given, api_key="app", api_secret="s",
        default_currency="GBP", default_country="GB", polled_until=polled_until,
    )  # fmt: skip
    give_token(channel)
    return channel


def give_token(channel: Channel, token: str = "Atza-test", *, lasts: timedelta = timedelta(hours=1)) -> None:
    ChannelToken.objects.create(
        channel=channel, access_token=token, refresh_token="Atzr-test", expires_at=clock.now() + lasts
    )


def notification(number: int = 1, kind: str = "ORDER_CHANGE", **summary: Any) -> dict[str, Any]:
    """What Amazon publishes: which order changed, and nobody's address."""
    said = {
        "NotificationLevel": "OrderLevel",
        "SellerId": SELLER,
        "AmazonOrderId": number_of(number),
        "OrderChangeType": "OrderStatusChange",
        "OrderChangeTrigger": {"TimeOfOrderChange": "2026-11-02T09:00:00.000Z", "ChangeReason": "None"},
        "Summary": {"MarketplaceId": MARKETPLACE, "OrderStatus": "Unshipped", "FulfillmentType": "MFN"} | summary,
    }
    return {
        "NotificationVersion": "1.0", "NotificationType": kind, "PayloadVersion": "1.0",
        "EventTime": "2026-11-02T09:00:01.000Z", "Payload": {"OrderChangeNotification": said},
        "NotificationMetadata": {"ApplicationId": "app", "SubscriptionId": "s", "PublishTime": "x", "NotificationId": "n"},
    }  # fmt: skip


def tokens_from_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """Amazon gives its tokens at one address for everybody; here the simulated one does."""
    adapter = registry.adapters()["amazon"]
    assert adapter.oauth is not None
    here = replace(adapter, oauth=replace(adapter.oauth, token_url="{base_url}/auth/o2/token"))
    known = {**registry.adapters(), "amazon": here}
    monkeypatch.setattr(registry, "_found", lambda _: known)
