"""What happens to orders and goods in shops of one's own, as those write it: Shopify, WooCommerce, BigCommerce."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from apps.channels.framework.stock import Article
from apps.channels.models import Channel
from orchestrator.sandbox.shops.bigcommerce import BigCommerce
from orchestrator.sandbox.shops.shopify import Shopify
from orchestrator.sandbox.shops.woocommerce import WooCommerce
from tests.channels.bigcommerce import bigcommerce_channel, bigcommerce_line
from tests.factories import ChannelFactory

SINCE = datetime(2026, 11, 2, tzinfo=UTC)
BIG = 2**63 - 1
Order = dict[str, Any]


def z(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


# --- Shopify


def shopify_channel(url: str) -> Channel:
    made: Channel = ChannelFactory(shopify=True, base_url=url, api_secret="shpat_1", polled_until=SINCE)
    return made


def shopify_changed(order: Order, at: datetime, units: int, **changes: Any) -> None:
    total = f"{10 * units}.00"
    order["line_items"][0] |= {"current_quantity": units, "fulfillable_quantity": units}
    order |= {"updated_at": z(at), "current_total_price": total, "current_subtotal_price": total, **changes}


def shopify_edit(order: Order, at: datetime) -> tuple[str, object]:
    shopify_changed(order, at, 3, total_price="30.00")
    order["line_items"][0]["quantity"] = 3
    return "quantity", 3


def shopify_refund(order: Order, at: datetime) -> None:
    refund = {"id": 1, "refund_line_items": [{"line_item_id": 11, "quantity": 1, "restock_type": "no_restock"}]}
    shopify_changed(order, at, 1, refunds=[refund], financial_status="partially_refunded")


def shopify_none_left(order: Order, at: datetime) -> None:
    shopify_changed(order, at, 0, financial_status="refunded")


def shopify_extras(order: Order) -> int:
    plain = {"quantity": 1, "requires_shipping": False, "sku": ""}
    order["line_items"] += [
        plain | {"id": 12, "title": "Gift card", "price": "25.00", "gift_card": True, "sku": "GIFT"},
        plain | {"id": 13, "title": "Tip", "price": "3.00", "tip": {}},
    ]
    order |= {"total_price": "48.00", "total_tip_received": "3.00", "current_total_price": "48.00"}
    return 4800


def shopify_big(order: Order) -> tuple[str, str]:
    order["id"] = BIG
    # Shopify's fulfillment orders number their lines in the sandbox by ten times the order's.
    order["line_items"][0]["id"] = BIG // 10
    return str(BIG), str(BIG // 10)


def shopify_sell(shop: Shopify, sku: str, units: int) -> Article:
    made = shop.stock.put({"sku": sku, "title": sku, "available": units})
    return Article(external_id=str(made["id"]), stock_id=str(made["item"]), code=sku)


def shopify_drop(shop: Shopify, article: Article) -> None:
    del shop.stock.variants[int(article.external_id)], shop.stock.levels[int(article.stock_id)]


# --- WooCommerce


def woo_channel(url: str) -> Channel:
    made: Channel = ChannelFactory(
        woocommerce=True, base_url=url, api_key="ck", api_secret="cs", polled_until=SINCE, currencies=["GBP"]
    )
    return made


def woo_changed(order: Order, at: datetime, units: int) -> None:
    total = f"{10 * units}.00"
    order["line_items"][0] |= {"quantity": units, "subtotal": total, "total": total}
    order |= {"date_modified_gmt": z(at)[:-1], "total": total}


def woo_edit(order: Order, at: datetime) -> tuple[str, object]:
    woo_changed(order, at, 3)
    return "quantity", 3


def woo_none_left(order: Order, at: datetime) -> None:
    woo_changed(order, at, 0)


def woo_refund(order: Order, at: datetime) -> None:
    """Whether goods were put back is not said at all."""
    named = {"id": 1, "key": "_refunded_item_id", "value": "11"}
    line = {"id": 911, "quantity": -1, "total": "-10.00", "total_tax": "0.00", "meta_data": [named]}
    whole = {"id": 5, "amount": "10.00", "reason": "", "line_items": [line], "shipping_lines": [], "fee_lines": []}
    order |= {
        "date_modified_gmt": z(at)[:-1], "refunds": [{"id": 5, "reason": "", "total": "-10.00"}], "refund_details": [whole],
    }  # fmt: skip


def woo_extras(order: Order) -> int:
    """It has no gift cards of its own; a tip is a fee."""
    order |= {"fee_lines": [{"id": 12, "name": "Tip", "total": "3.00", "total_tax": "0.00"}], "total": "23.00"}
    return 2300


def woo_currency(order: Order) -> None:
    """Plugins for several currencies write the whole order in the shopper's."""
    order["currency"] = "USD"


def woo_big(order: Order) -> tuple[str, str]:
    order["id"], order["line_items"][0]["id"] = BIG, BIG - 1
    return str(BIG), str(BIG - 1)


def woo_sell(shop: WooCommerce, sku: str, units: int) -> Article:
    return Article(external_id=str(shop.shelf.put({"sku": sku, "title": sku, "available": units})["id"]), code=sku)


def woo_drop(shop: WooCommerce, article: Article) -> None:
    del shop.shelf.products[int(article.external_id)]


# --- BigCommerce


def big_channel(url: str) -> Channel:
    return bigcommerce_channel(url, polled_until=SINCE)


def big_changed(order: Order, at: datetime, units: int, **changes: Any) -> None:
    total = f"{10 * units}.0000"
    order["products"][0] |= {"quantity": units, "total_inc_tax": total}
    order |= {"date_modified": z(at), "total_inc_tax": total, "subtotal_inc_tax": total, **changes}


def big_edit(order: Order, at: datetime) -> tuple[str, object]:
    big_changed(order, at, 3)
    return "quantity", 3


def big_none_left(order: Order, at: datetime) -> None:
    big_changed(order, at, 0)


def big_refund(order: Order, at: datetime) -> None:
    """Whether goods were put back is not said at all."""
    order["products"][0]["quantity_refunded"] = 1
    order |= {
        "date_modified": z(at),
        "status_id": 14,
        "payment_status": "partially refunded",
        "refunded_amount": "10.0000",
    }


def big_extras(order: Order) -> int:
    """It has no tips; a fee is what comes nearest."""
    gift = {"price_inc_tax": "25.0000", "total_inc_tax": "25.0000", "type": "giftcertificate", "total_tax": "0.0000"}
    order["products"].append(bigcommerce_line(12, "GIFT", 1, **gift))
    order |= {
        "fees": [{"cost_inc_tax": "3.0000"}], "total_inc_tax": "48.0000", "subtotal_inc_tax": "45.0000", "items_total": 3,
    }  # fmt: skip
    return 4800


def big_currency(order: Order) -> None:
    """What prices were shown in; all amounts are in the store's own."""
    order |= {"currency_code": "USD", "currency_exchange_rate": "1.2500000000"}


def big_big(order: Order) -> tuple[str, str]:
    order["id"], order["products"][0]["id"] = BIG, BIG - 1
    return str(BIG), str(BIG - 1)


def big_sell(shop: BigCommerce, sku: str, units: int) -> Article:
    return Article(external_id=str(shop.shelf.put({"sku": sku, "title": sku, "available": units})["id"]), code=sku)


def big_drop(shop: BigCommerce, article: Article) -> None:
    gone = next(pk for pk, one in shop.shelf.products.items() if one["variants"][0]["sku"] == article.code)
    del shop.shelf.products[gone]
