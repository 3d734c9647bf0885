"""Orders, webhooks and a channel of BigCommerce, as tests need them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.channels.models import Channel
from tests.factories import ChannelFactory

SECRET = "a-long-secret-of-the-test"


def bigcommerce_order(number: int = 1, changed_at: str = "2026-11-02T09:00:00Z", **changes: Any) -> dict[str, Any]:
    """Joined, as it is fetched: paid, two of SKU A for 10 each, to Leeds."""
    address = {
        "first_name": "Pat", "last_name": "Canary", "company": "", "street_1": "1 Canary Row", "street_2": "",
        "city": "Leeds", "state": "", "zip": "LS1 1AA", "country": "United Kingdom", "country_iso2": "GB",
        "phone": "0113 496 0000", "email": "pat.canary@example.com",
    }  # fmt: skip
    return {
        "id": number, "status_id": 11, "status": "Awaiting Fulfillment", "date_created": "2026-11-02T09:00:00Z",
        "date_modified": changed_at, "customer_id": 0, "currency_code": "GBP", "default_currency_code": "GBP",
        "subtotal_inc_tax": "20.0000", "shipping_cost_inc_tax": "0.0000", "shipping_cost_tax": "0.0000",
        "handling_cost_inc_tax": "0.0000", "wrapping_cost_inc_tax": "0.0000", "discount_amount": "0.0000",
        "coupon_discount": "0.0000", "total_inc_tax": "20.0000", "total_tax": "3.3300", "items_total": 2,
        "payment_status": "captured", "payment_method": "Credit Card", "refunded_amount": "0.0000", "is_deleted": False,
        "shipping_address_count": 1, "staff_notes": "", "customer_message": "", "billing_address": address,
        "products": [bigcommerce_line(number * 10 + 1)],
        "consignments": {"shipping": [{"id": 97, **address, "shipping_method": "Flat Rate"}]}, "fees": [],
    } | changes  # fmt: skip


def bigcommerce_line(number: int, sku: str = "A", quantity: int = 2, **changes: Any) -> dict[str, Any]:
    total = f"{10 * quantity}.0000"
    return {
        "id": number, "product_id": 5, "order_address_id": 97, "sku": sku, "name": "Thing", "type": "physical",
        "quantity": quantity, "quantity_shipped": 0, "quantity_refunded": 0, "total_inc_tax": total, "total_tax": "3.3300",
        "price_inc_tax": "10.0000", "product_options": [],
    } | changes  # fmt: skip


def named(
    number: int, scope: str = "store/order/updated", at: datetime | None = None, **changes: Any
) -> dict[str, Any]:
    """A webhook: which order, and nothing of what it holds."""
    return {
        "scope": scope, "store_id": "1025646", "data": {"type": "order", "id": number}, "producer": "stores/canary1",
        "hash": "dd70c0976e06b67aaf671e73f49dcb79230ebf9d", "created_at": int(at.timestamp()) if at else 1793610000,
    } | changes  # fmt: skip


def bigcommerce_channel(url: str, **changes: Any) -> Channel:
    keys = {"secret": SECRET, "api_key": "token", "default_country": "GB"}
    made: Channel = ChannelFactory(code="big", kind="bigcommerce", base_url=url, **(keys | changes))
    return made
