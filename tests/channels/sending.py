"""Orders as shops write them, and webhooks as shops send them."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client

from apps.channels.adapters.shopify.signature import SIGNING as SHOPIFY
from apps.channels.adapters.woocommerce.signature import SIGNING as WOOCOMMERCE
from apps.channels.framework.registry import adapter_of
from apps.channels.models import Channel, InboxMessage
from apps.core import clock
from apps.orders.models import Order

STANDARD_SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cw=="
EARLIER = "2026-11-02T09:00:00Z"


def shopify_order(order_id: int = 1, **changes: Any) -> dict[str, Any]:
    """A paid order of two of SKU A to Leeds."""
    return {
        "id": order_id,
        "name": f"#{order_id}",
        "created_at": EARLIER,
        "updated_at": EARLIER,
        "cancelled_at": None,
        "currency": "GBP",
        "financial_status": "paid",
        "taxes_included": True,
        "total_price": "20.00",
        "total_tax": "0.00",
        "total_discounts": "0.00",
        "email": f"pat.canary{order_id}@example.test",
        "shipping_address": {
            "name": "Pat Canary", "address1": f"{order_id} Canary Row", "city": "Leeds", "zip": "LS1 1AA", "country_code": "GB",
        },
        "line_items": [{"id": 11, "sku": "A", "title": "Thing", "quantity": 2, "price": "10.00"}],
        "shipping_lines": [],
    } | changes  # fmt: skip


def woo_order(order_id: int = 1, **changes: Any) -> dict[str, Any]:
    """A paid order of two of SKU A to Leeds."""
    address = {
        "first_name": "Pat", "last_name": "Canary", "company": "", "address_1": f"{order_id} Canary Row", "address_2": "",
        "city": "Leeds", "state": "", "postcode": "LS1 1AA", "country": "GB", "phone": "",
    }  # fmt: skip
    return {
        "id": order_id,
        "number": str(order_id),
        "status": "processing",
        "currency": "GBP",
        "prices_include_tax": True,
        "date_created_gmt": EARLIER.rstrip("Z"),
        "date_modified_gmt": EARLIER.rstrip("Z"),
        "date_paid_gmt": EARLIER.rstrip("Z"),
        "customer_id": 0,
        "total": "20.00",
        "total_tax": "0.00",
        "shipping_total": "0.00",
        "shipping_tax": "0.00",
        "payment_method": "stripe",
        "billing": address | {"email": f"pat.canary{order_id}@example.test"},
        "shipping": address,
        "line_items": [
            {"id": 11, "name": "Thing", "sku": "A", "quantity": 2, "subtotal": "20.00", "total": "20.00",
             "total_tax": "0.00", "meta_data": []},
        ],
        "shipping_lines": [],
        "fee_lines": [],
        "refunds": [],
    } | changes  # fmt: skip


def later(minutes: int = 1) -> str:
    """A moment after EARLIER, as Shopify writes it."""
    return f"2026-11-02T09:{minutes:02}:00Z"


def send_shopify(
    client: Client,
    payload: Any,
    topic: str = "orders/create",
    *,
    webhook_id: str = "",
    secret: str = "s3cret",
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """One webhook of the channel ``shop``; ``payload`` may be bytes."""
    body = _bytes(payload)
    signed = {
        **(headers or {}),
        "X-Shopify-Topic": topic,
        **SHOPIFY.sign(secret, body, message_id=webhook_id or str(uuid.uuid4()), at=clock.now()),
    }
    return _post(client, "/hooks/shopify/shop/", body, signed)


def send_woo(
    client: Client,
    payload: Any,
    topic: str = "order.created",
    *,
    webhook_id: str = "1",
    secret: str = "s3cret",
    source: str = "",
) -> HttpResponse:
    """One webhook of the channel ``woo``; ``source``: the address of the shop that it says it is from."""
    body = _bytes(payload)
    headers = {
        **({"X-WC-Webhook-Source": source} if source else {}),
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-ID": webhook_id,
        "X-WC-Webhook-Delivery-ID": "the same for all of one second",
        **WOOCOMMERCE.sign(secret, body, message_id="", at=clock.now()),
    }
    return _post(client, "/hooks/woocommerce/woo/", body, headers)


def send_standard(
    client: Client, channel: Channel, payload: Any, *, age_s: int = 0, message_id: str = ""
) -> HttpResponse:
    """One webhook signed by Standard Webhooks, ``age_s`` seconds ago."""
    body, at = _bytes(payload), clock.now() - timedelta(seconds=age_s)
    signing = adapter_of(channel.kind).signing
    assert signing is not None
    headers = signing.sign(channel.secret, body, message_id=message_id or f"m_{uuid.uuid4().hex}", at=at)
    return _post(client, f"/hooks/{channel.kind}/{channel.code}/", body, headers)


def _bytes(payload: Any) -> bytes:
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()


def _post(client: Client, path: str, body: bytes, headers: dict[str, str]) -> HttpResponse:
    return client.post(path, data=body, content_type="application/json", headers=headers)


def the_order(external_id: object = 1) -> Order:
    return Order.objects.get(external_id=str(external_id))


def verdicts() -> list[tuple[str, str]]:
    """Verdict and reason of every message, oldest first."""
    return list(InboxMessage.objects.order_by("pk").values_list("verdict", "reason"))
