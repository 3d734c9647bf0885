"""Receipts as Etsy writes them, and a channel that is connected to a simulated shop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.channels.models import Channel, ChannelToken
from apps.core import clock
from tests.factories import ChannelFactory


def money(minor: int, currency: str = "GBP", divisor: int = 100) -> dict[str, Any]:
    return {"amount": minor, "divisor": divisor, "currency_code": currency}


def transaction(number: int, sku: str = "A", quantity: int = 2, **changes: Any) -> dict[str, Any]:
    return {
        "transaction_id": number, "title": "Mug &quot;Leeds&quot;", "quantity": quantity, "sku": sku, "is_digital": False,
        "price": money(1000), "variations": [], "listing_id": 11, "product_id": 101, "expected_ship_date": 1_794_000_000,
        "shipping_method": "Royal Mail Standard", "shipping_upgrade": None,
    } | changes  # fmt: skip


def etsy_receipt(number: int = 1, changed_at: int = 1_793_610_000, **changes: Any) -> dict[str, Any]:
    """Paid, two of SKU A for 10 each, to Leeds."""
    return {
        "receipt_id": 3_000_000_000 + number, "receipt_type": 0, "seller_user_id": 1, "buyer_user_id": 77,
        "buyer_email": None, "name": "Pat Canary", "first_line": "1 Canary Row", "second_line": None, "city": "Leeds",
        "state": None, "zip": "LS1 1AA", "status": "paid", "country_iso": "GB", "payment_method": "cc",
        "message_from_buyer": None, "is_paid": True, "is_shipped": False, "create_timestamp": 1_793_600_000,
        "created_timestamp": 1_793_600_000, "update_timestamp": changed_at, "updated_timestamp": changed_at,
        "is_gift": False, "gift_message": "", "grandtotal": money(2000), "subtotal": money(2000),
        "total_price": money(2000), "total_shipping_cost": money(0), "total_tax_cost": money(0),
        "total_vat_cost": money(0), "discount_amt": money(0), "gift_wrap_price": money(0), "shipments": [],
        "transactions": [transaction(9_000_000_000 + number)], "refunds": [],
    } | changes  # fmt: skip


def etsy_channel(url: str, **changes: Any) -> Channel:
    given = {"code": "etsy", "kind": "etsy", "base_url": url, "api_key": "key", "api_secret": "shared"}
    channel: Channel = ChannelFactory(**(given | changes))
    ends = clock.now() + timedelta(hours=1)
    ChannelToken.objects.create(channel=channel, access_token="1.access", refresh_token="1.refresh", expires_at=ends)
    return channel
