"""Orders and channels of eBay, as tests need them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apps.channels.adapters.ebay.signature import kid_of
from apps.channels.models import Channel, ChannelToken
from apps.core import clock
from orchestrator.sandbox.shops.ebay import Ebay
from tests.factories import ChannelFactory

TOKEN = "a-verification-token-of-the-tests-0123456789"


def money(value: str, currency: str = "GBP") -> dict[str, str]:
    return {"value": value, "currency": currency}


def number_of(number: int) -> str:
    return f"01-03955-{number:05}"


def ebay_item(line: str = "1", sku: str = "A", units: int = 2, cost: str = "20.00", **changes: Any) -> dict[str, Any]:
    return {
        "lineItemId": line, "sku": sku, "title": "Thing", "quantity": units, "lineItemCost": money(cost), "total": money(cost),
        "lineItemFulfillmentStatus": "NOT_STARTED", "taxes": [], "refunds": [],
        "deliveryCost": {"shippingCost": money("0.00")},
        "lineItemFulfillmentInstructions": {
            "shipByDate": "2026-11-04T22:59:59.000Z", "maxEstimatedDeliveryDate": "2026-11-07T23:59:59.000Z",
        },
    } | changes  # fmt: skip


def ebay_order(number: int = 1, changed_at: str = "2026-11-02T09:00:00.000Z", **changes: Any) -> dict[str, Any]:
    """A paid order of two of SKU A to Leeds, as getOrder gives it; ``start``: changes of how it is to be fulfilled."""
    start = changes.pop("start", {})
    ship_to = {
        "fullName": f"Pat Canary {number}", "email": f"pat.canary{number}@members.ebay.example",
        "primaryPhone": {"phoneNumber": "0113 496 0000"},
        "contactAddress": {
            "addressLine1": f"{number} Canary Row", "city": "Leeds", "postalCode": "LS1 1AA", "countryCode": "GB",
        },
    }  # fmt: skip
    return {
        "orderId": number_of(number),
        "creationDate": "2026-11-02T09:00:00.000Z",
        "lastModifiedDate": changed_at,
        "orderFulfillmentStatus": "NOT_STARTED",
        "orderPaymentStatus": "PAID",
        "sellerId": "harbour-and-pine",
        "salesRecordReference": str(100 + number),
        "buyer": {"username": f"pat{number}"},
        "cancelStatus": {"cancelState": "NONE_REQUESTED", "cancelRequests": []},
        "pricingSummary": {"priceSubtotal": money("20.00"), "deliveryCost": money("0.00"), "total": money("20.00")},
        "paymentSummary": {"payments": [{"paymentMethod": "EBAY", "amount": money("20.00")}], "refunds": []},
        "fulfillmentStartInstructions": [
            {
                "fulfillmentInstructionsType": "SHIP_TO",
                "shippingStep": {"shipTo": ship_to, "shippingServiceCode": "UK_RoyalMailSecondClassStandard"},
            }
            | start
        ],
        "lineItems": [ebay_item()],
    } | changes


def cancelled(order: dict[str, Any]) -> dict[str, Any]:
    return order | {"cancelStatus": {"cancelState": "CANCELED", "cancelRequests": []}}


def ebay_channel(url: str, *, code: str = "ebay", polled_until: datetime | None = None, **settings: Any) -> Channel:
    channel: Channel = ChannelFactory(
        code=code, kind="ebay", base_url=url, secret=TOKEN, settings=settings, api_key="app", api_secret="cert",
        default_currency="GBP", default_country="GB", polled_until=polled_until,
    )  # fmt: skip
    give_token(channel)
    return channel


def give_token(channel: Channel, token: str = "v^1.1-test", *, lasts: timedelta = timedelta(hours=1)) -> None:
    ChannelToken.objects.create(
        channel=channel, access_token=token, refresh_token="refresh", expires_at=clock.now() + lasts
    )


def signing_key(shop: Ebay) -> str:
    """A key that eBay signs with: its private half."""
    key = ec.generate_private_key(ec.SECP256R1())
    return shop.new_key(kid_of(key), key)


def nobodys_key() -> str:
    """One that eBay does not know."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def notification(number: int = 1, topic: str = "ORDER_CONFIRMATION", **data: Any) -> dict[str, Any]:
    said = data or {"orderId": number_of(number)}
    told = {"notificationId": "n-1", "eventDate": "2026-11-02T09:00:00.000Z", "publishAttemptCount": 1, "data": said}
    return {"metadata": {"topic": topic, "schemaVersion": "1.0", "deprecated": False}, "notification": told}
