"""Buyers at the simulated Amazon, eBay and Etsy: orders as those write them, put there and asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from django.conf import settings

from apps.core import clock
from apps.demo import shop
from apps.demo.http_client import FrontDoor

LOOK_BACK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sale:
    """``run``: a number of this run's own; ``number``: of the order in it."""

    run: int
    number: int
    name: str
    town: str
    postal: str
    goods: Sequence[tuple[shop.Product, int]]
    at: datetime

    @property
    def total(self) -> int:
        return sum(product.price * units for product, units in self.goods)

    @property
    def street(self) -> str:
        return f"{self.number % 60 + 1} Market Row"


def amazon_order(sale: Sale) -> dict[str, Any]:
    """As the Orders API 2026-01-01 gives it."""
    to = {
        "name": sale.name, "addressLine1": sale.street, "city": sale.town, "postalCode": sale.postal, "countryCode": "GB",
    }  # fmt: skip
    items = [
        {
            "orderItemId": f"{sale.number}{n}", "quantityOrdered": units,
            "product": {"title": product.name, "sellerSku": product.code, "price": {"unitPrice": _amount(product.price)}},
            "proceeds": {"breakdowns": [{"type": "ITEM", "subtotal": _amount(product.price * units)}]},
            "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": units},
        }
        for n, (product, units) in enumerate(sale.goods, 1)
    ]  # fmt: skip
    return {
        "orderId": f"902-{sale.run:07}-{sale.number:07}", "createdTime": _iso(sale.at), "lastUpdatedTime": _iso(sale.at),
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1F83G8C2ARO7P", "marketplaceName": "Amazon.co.uk"},
        "buyer": {"buyerName": sale.name, "buyerEmail": f"buyer{sale.number}@marketplace.example"},
        "recipient": {"deliveryAddress": to}, "proceeds": {"grandTotal": _amount(sale.total)},
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT", "fulfillmentServiceLevel": "STANDARD"},
        "orderItems": items,
    }  # fmt: skip


def ebay_order(sale: Sale) -> dict[str, Any]:
    """As the Fulfillment API gives it."""
    address = {"addressLine1": sale.street, "city": sale.town, "postalCode": sale.postal, "countryCode": "GB"}
    to = {"fullName": sale.name, "email": f"buyer{sale.number}@members.example", "contactAddress": address}
    lines = [
        {
            "lineItemId": f"{sale.number}{n}", "sku": product.code, "title": product.name, "quantity": units,
            "lineItemCost": _money(product.price * units), "total": _money(product.price * units), "taxes": [], "refunds": [],
            "lineItemFulfillmentStatus": "NOT_STARTED", "deliveryCost": {"shippingCost": _money(0)},
        }
        for n, (product, units) in enumerate(sale.goods, 1)
    ]  # fmt: skip
    return {
        "orderId": f"{sale.run % 100:02}-{sale.run:05}-{sale.number:05}", "creationDate": _iso(sale.at),
        "lastModifiedDate": _iso(sale.at), "orderFulfillmentStatus": "NOT_STARTED", "orderPaymentStatus": "PAID",
        "sellerId": "harbour-and-pine", "buyer": {"username": f"buyer{sale.number}"},
        "cancelStatus": {"cancelState": "NONE_REQUESTED", "cancelRequests": []},
        "pricingSummary": {"priceSubtotal": _money(sale.total), "deliveryCost": _money(0), "total": _money(sale.total)},
        "paymentSummary": {"payments": [{"paymentMethod": "EBAY", "amount": _money(sale.total)}], "refunds": []},
        "fulfillmentStartInstructions": [
            {
                "fulfillmentInstructionsType": "SHIP_TO",
                "shippingStep": {"shipTo": to, "shippingServiceCode": "UK_RoyalMailSecondClassStandard"},
            }
        ],
        "lineItems": lines,
    }  # fmt: skip


def etsy_receipt(sale: Sale) -> dict[str, Any]:
    """As the Open API v3 gives it."""
    at, total = int(sale.at.timestamp()), _minor(sale.total)
    bought: list[dict[str, Any]] = [
        {
            "transaction_id": int(f"{sale.run}{sale.number}{n}"), "title": product.name, "quantity": units, "sku": product.code,
            "is_digital": False, "price": _minor(product.price), "variations": [], "listing_id": 1, "product_id": 1,
            "shipping_method": "Royal Mail Standard", "shipping_upgrade": None,
        }
        for n, (product, units) in enumerate(sale.goods, 1)
    ]  # fmt: skip
    stamps = ("create_timestamp", "created_timestamp", "update_timestamp", "updated_timestamp")
    nothing = ("total_shipping_cost", "total_tax_cost", "total_vat_cost", "discount_amt", "gift_wrap_price")
    return {
        "receipt_id": int(f"{sale.run}{sale.number}"), "buyer_user_id": sale.number, "name": sale.name,
        "first_line": sale.street, "second_line": None, "city": sale.town, "state": None, "zip": sale.postal,
        "country_iso": "GB", "status": "paid", "is_paid": True, "is_shipped": False, "payment_method": "cc",
        "message_from_buyer": None, "is_gift": False, "gift_message": "", **dict.fromkeys(stamps, at),
        **dict.fromkeys(nothing, _minor(0)), **dict.fromkeys(("grandtotal", "subtotal", "total_price"), total),
        "shipments": [], "refunds": [], "transactions": bought,
    }  # fmt: skip


# Channel → the simulated marketplace behind it, and how it writes an order.
MARKETPLACES: dict[str, tuple[str, Callable[[Sale], dict[str, Any]]]] = {
    "amazon-uk": ("amazon", amazon_order),
    "ebay-uk": ("ebay", ebay_order),
    "etsy": ("etsy", etsy_receipt),
}


def place_orders(door: FrontDoor, sales: dict[str, list[Sale]]) -> None:
    """Have the marketplaces sell that, by channel, and each channel asked for what is new now, not in its five minutes."""
    ids = {one["code"]: one["id"] for one in door.get("channels", limit=100)["items"]}
    since = (clock.now() - LOOK_BACK).isoformat()
    with httpx.Client(base_url=settings.ORDERYARD["SANDBOX_URL"], timeout=30) as sandbox:
        for channel, sold in sales.items():
            name, written = MARKETPLACES[channel]
            orders = [written(sale) for sale in sold]
            sandbox.post(f"/_orders/{name}", json={"orders": orders}).raise_for_status()
            door.post(f"channels/{ids[channel]}/reconcile", {"since": since}).raise_for_status()


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _amount(minor: int) -> dict[str, str]:
    return {"amount": f"{minor / 100:.2f}", "currencyCode": "GBP"}


def _money(minor: int) -> dict[str, str]:
    return {"value": f"{minor / 100:.2f}", "currency": "GBP"}


def _minor(minor: int) -> dict[str, Any]:
    return {"amount": minor, "divisor": 100, "currency_code": "GBP"}
