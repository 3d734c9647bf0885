"""Every shop that gives orders, asked the same: how it writes an order, and what can happen to one there.

What a vendor's contract cannot bring stands in ``CANT`` with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apps.channels.framework.stock import Article
from apps.channels.models import Channel
from orchestrator.sandbox.shops.amazon import Amazon
from orchestrator.sandbox.shops.base import SimulatedShop
from orchestrator.sandbox.shops.bigcommerce import BigCommerce
from orchestrator.sandbox.shops.ebay import Ebay
from orchestrator.sandbox.shops.etsy import Etsy
from orchestrator.sandbox.shops.shopify import Shopify
from orchestrator.sandbox.shops.woocommerce import WooCommerce
from tests.channels import amazon, ebay, etsy
from tests.channels.bigcommerce import bigcommerce_channel, bigcommerce_line, bigcommerce_order
from tests.channels.sending import shopify_order, woo_order
from tests.factories import ChannelFactory

SINCE = datetime(2026, 11, 2, tzinfo=UTC)
BIG = 2**63 - 1
Order = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """``shop``: its sandbox. ``order``: one of two of SKU A for ten pounds each, by number and moment. ``edit``: something about it changes
    before it ships, and by which field and value that is seen here. The others change it, too; ``sell`` has the shop sell a SKU, ``drop``
    deletes it there again; ``sell_many``, where that is not the same many times."""

    shop: type[SimulatedShop]
    channel: Callable[[str], Channel]
    order: Callable[[int, datetime], Order]
    edit: Callable[[Order, datetime], tuple[str, object]]
    sell: Callable[[Any, str, int], Article]
    drop: Callable[[Any, Article], None]
    big: Callable[[Order], tuple[str, str]]
    none_left: Callable[[Order, datetime], None] | None = None
    refund: Callable[[Order, datetime], None] | None = None
    extras: Callable[[Order], int] | None = None
    other_currency: Callable[[Order], None] | None = None
    sell_many: Callable[[Any, Sequence[str], int], Sequence[Article]] | None = None


# What can't happen there, and why.
CANT: dict[tuple[str, str], str] = {
    ("none_left", "ebay"): "an order of eBay's is never edited: lines go with the whole order, by a cancellation",
    ("none_left", "etsy"): "a receipt of Etsy's is never edited: what is taken back is a refund",
    ("refund", "amazon"): "the Orders API says nothing of refunds; they stand in Finances",
    ("extras", "amazon"): "Amazon sells its gift cards itself, and its orders know no tips",
    ("other_currency", "amazon"): "a marketplace has one currency, and its orders no other",
    ("other_currency", "etsy"): "a receipt is in one currency, that of the payment; another one on a line is a test of its own",
    ("duplicate_sku", "amazon"): "a SKU is the key of a listing: a seller has it once",
    ("duplicate_sku", "ebay"): "a SKU is the key of an inventory item: a seller has it once",
    ("duplicate_sku", "bigcommerce"): "the store refuses a second variant of the same SKU",
}  # fmt: skip


# --- Shopify


def _shopify_channel(url: str) -> Channel:
    made: Channel = ChannelFactory(shopify=True, base_url=url, api_secret="shpat_1", polled_until=SINCE)
    return made


def _shopify_changed(order: Order, at: datetime, units: int, **changes: Any) -> None:
    total = f"{10 * units}.00"
    order["line_items"][0] |= {"current_quantity": units, "fulfillable_quantity": units}
    order |= {"updated_at": _z(at), "current_total_price": total, "current_subtotal_price": total, **changes}


def _shopify_edit(order: Order, at: datetime) -> tuple[str, object]:
    _shopify_changed(order, at, 3, total_price="30.00")
    order["line_items"][0]["quantity"] = 3
    return "quantity", 3


def _shopify_refund(order: Order, at: datetime) -> None:
    refund = {"id": 1, "refund_line_items": [{"line_item_id": 11, "quantity": 1, "restock_type": "no_restock"}]}
    _shopify_changed(order, at, 1, refunds=[refund], financial_status="partially_refunded")


def _shopify_none_left(order: Order, at: datetime) -> None:
    _shopify_changed(order, at, 0, financial_status="refunded")


def _shopify_extras(order: Order) -> int:
    plain = {"quantity": 1, "requires_shipping": False, "sku": ""}
    order["line_items"] += [
        plain | {"id": 12, "title": "Gift card", "price": "25.00", "gift_card": True, "sku": "GIFT"},
        plain | {"id": 13, "title": "Tip", "price": "3.00", "tip": {}},
    ]
    order |= {"total_price": "48.00", "total_tip_received": "3.00", "current_total_price": "48.00"}
    return 4800


def _shopify_big(order: Order) -> tuple[str, str]:
    order["id"] = BIG
    # Shopify's fulfillment orders number their lines in the sandbox by ten times the order's.
    order["line_items"][0]["id"] = BIG // 10
    return str(BIG), str(BIG // 10)


def _shopify_sell(shop: Shopify, sku: str, units: int) -> Article:
    made = shop.stock.put({"sku": sku, "title": sku, "available": units})
    return Article(external_id=str(made["id"]), stock_id=str(made["item"]), code=sku)


def _shopify_drop(shop: Shopify, article: Article) -> None:
    del shop.stock.variants[int(article.external_id)], shop.stock.levels[int(article.stock_id)]


# --- WooCommerce


def _woo_channel(url: str) -> Channel:
    made: Channel = ChannelFactory(
        woocommerce=True, base_url=url, api_key="ck", api_secret="cs", polled_until=SINCE, currencies=["GBP"]
    )
    return made


def _woo_changed(order: Order, at: datetime, units: int) -> None:
    total = f"{10 * units}.00"
    order["line_items"][0] |= {"quantity": units, "subtotal": total, "total": total}
    order |= {"date_modified_gmt": _z(at)[:-1], "total": total}


def _woo_edit(order: Order, at: datetime) -> tuple[str, object]:
    _woo_changed(order, at, 3)
    return "quantity", 3


def _woo_none_left(order: Order, at: datetime) -> None:
    _woo_changed(order, at, 0)


def _woo_refund(order: Order, at: datetime) -> None:
    """Whether goods were put back is not said at all."""
    named = {"id": 1, "key": "_refunded_item_id", "value": "11"}
    line = {"id": 911, "quantity": -1, "total": "-10.00", "total_tax": "0.00", "meta_data": [named]}
    whole = {"id": 5, "amount": "10.00", "reason": "", "line_items": [line], "shipping_lines": [], "fee_lines": []}
    order |= {
        "date_modified_gmt": _z(at)[:-1], "refunds": [{"id": 5, "reason": "", "total": "-10.00"}], "refund_details": [whole],
    }  # fmt: skip


def _woo_extras(order: Order) -> int:
    """It has no gift cards of its own; a tip is a fee."""
    order |= {"fee_lines": [{"id": 12, "name": "Tip", "total": "3.00", "total_tax": "0.00"}], "total": "23.00"}
    return 2300


def _woo_currency(order: Order) -> None:
    """Plugins for several currencies write the whole order in the shopper's."""
    order["currency"] = "USD"


def _woo_big(order: Order) -> tuple[str, str]:
    order["id"], order["line_items"][0]["id"] = BIG, BIG - 1
    return str(BIG), str(BIG - 1)


def _woo_sell(shop: WooCommerce, sku: str, units: int) -> Article:
    return Article(external_id=str(shop.shelf.put({"sku": sku, "title": sku, "available": units})["id"]), code=sku)


def _woo_drop(shop: WooCommerce, article: Article) -> None:
    del shop.shelf.products[int(article.external_id)]


# --- BigCommerce


def _big_channel(url: str) -> Channel:
    return bigcommerce_channel(url, polled_until=SINCE)


def _big_changed(order: Order, at: datetime, units: int, **changes: Any) -> None:
    total = f"{10 * units}.0000"
    order["products"][0] |= {"quantity": units, "total_inc_tax": total}
    order |= {"date_modified": _z(at), "total_inc_tax": total, "subtotal_inc_tax": total, **changes}


def _big_edit(order: Order, at: datetime) -> tuple[str, object]:
    _big_changed(order, at, 3)
    return "quantity", 3


def _big_none_left(order: Order, at: datetime) -> None:
    _big_changed(order, at, 0)


def _big_refund(order: Order, at: datetime) -> None:
    """Whether goods were put back is not said at all."""
    order["products"][0]["quantity_refunded"] = 1
    order |= {
        "date_modified": _z(at),
        "status_id": 14,
        "payment_status": "partially refunded",
        "refunded_amount": "10.0000",
    }


def _big_extras(order: Order) -> int:
    """It has no tips; a fee is what comes nearest."""
    gift = {"price_inc_tax": "25.0000", "total_inc_tax": "25.0000", "type": "giftcertificate", "total_tax": "0.0000"}
    order["products"].append(bigcommerce_line(12, "GIFT", 1, **gift))
    order |= {
        "fees": [{"cost_inc_tax": "3.0000"}], "total_inc_tax": "48.0000", "subtotal_inc_tax": "45.0000", "items_total": 3,
    }  # fmt: skip
    return 4800


def _big_currency(order: Order) -> None:
    """What prices were shown in; all amounts are in the store's own."""
    order |= {"currency_code": "USD", "currency_exchange_rate": "1.2500000000"}


def _big_big(order: Order) -> tuple[str, str]:
    order["id"], order["products"][0]["id"] = BIG, BIG - 1
    return str(BIG), str(BIG - 1)


def _big_sell(shop: BigCommerce, sku: str, units: int) -> Article:
    return Article(external_id=str(shop.shelf.put({"sku": sku, "title": sku, "available": units})["id"]), code=sku)


def _big_drop(shop: BigCommerce, article: Article) -> None:
    gone = next(pk for pk, one in shop.shelf.products.items() if one["variants"][0]["sku"] == article.code)
    del shop.shelf.products[gone]


# --- Amazon


def _amazon_channel(url: str) -> Channel:
    return amazon.amazon_channel(url, polled_until=SINCE)


def _amazon_changed(order: Order, at: datetime, units: int) -> None:
    order["orderItems"][0] = amazon.amazon_item(str(order["orderItems"][0]["orderItemId"]), "A", units)
    order |= {"lastUpdatedTime": _z(at), "proceeds": {"grandTotal": amazon.money(f"{10 * units}.00")}}


def _amazon_edit(order: Order, at: datetime) -> tuple[str, object]:
    _amazon_changed(order, at, 1)
    return "quantity", 1


def _amazon_none_left(order: Order, at: datetime) -> None:
    _amazon_changed(order, at, 0)
    order["fulfillment"]["fulfillmentStatus"] = "SHIPPED"


def _amazon_big(order: Order) -> tuple[str, str]:
    order["orderItems"][0]["orderItemId"] = str(BIG)
    return str(order["orderId"]), str(BIG)


def _amazon_sell(shop: Amazon, sku: str, units: int) -> Article:
    shop.sell(sku, units)
    return Article(external_id=sku, stock_id="DEFAULT", code=sku)


def _amazon_drop(shop: Amazon, article: Article) -> None:
    del shop.listings[article.code]


# --- eBay


def _ebay_channel(url: str) -> Channel:
    return ebay.ebay_channel(url, polled_until=SINCE)


def _ebay_edit(order: Order, at: datetime) -> tuple[str, object]:
    """The only change there is."""
    order |= {"lastModifiedDate": _z(at), "cancelStatus": {"cancelState": "CANCELED", "cancelRequests": []}}
    return "state", "cancelled"


def _ebay_refund(order: Order, at: datetime) -> None:
    """Of an amount; goods are returned by another API."""
    refund = {"refundId": "1", "amount": ebay.money("10.00"), "refundStatus": "REFUNDED", "refundDate": _z(at)}
    order["paymentSummary"]["refunds"] = [refund]
    order |= {"lastModifiedDate": _z(at), "orderPaymentStatus": "PARTIALLY_REFUNDED"}


def _ebay_extras(order: Order) -> int:
    """A digital gift card; tips there are none."""
    gift = {"giftDetails": {"recipientEmail": "r@example.test", "senderName": "S", "message": "M"}}
    order["lineItems"].append(ebay.ebay_item("2", "GIFT", 1, "25.00", **gift))
    order["pricingSummary"] = {"priceSubtotal": ebay.money("45.00"), "total": ebay.money("45.00")}
    return 4500


def _ebay_currency(order: Order) -> None:
    """What the buyer paid in stands beside each amount."""
    order["pricingSummary"]["total"] |= {"convertedFromCurrency": "USD", "convertedFromValue": "25.00"}


def _ebay_big(order: Order) -> tuple[str, str]:
    order["lineItems"][0]["lineItemId"] = str(BIG)
    return str(order["orderId"]), str(BIG)


def _ebay_sell(shop: Ebay, sku: str, units: int) -> Article:
    shop.sell(sku, units, offer=f"offer-{sku}")
    return Article(external_id=sku, stock_id=f"offer-{sku}", code=sku)


def _ebay_drop(shop: Ebay, article: Article) -> None:
    del shop.items[article.code], shop.offers[article.code]


# --- Etsy


def _etsy_channel(url: str) -> Channel:
    return etsy.etsy_channel(url, polled_until=SINCE)


def _etsy_order(number: int, at: datetime) -> Order:
    return etsy.etsy_receipt(number, int(at.timestamp()))


def _etsy_stamped(order: Order, at: datetime) -> None:
    order |= dict.fromkeys(("update_timestamp", "updated_timestamp"), int(at.timestamp()))


def _etsy_edit(order: Order, at: datetime) -> tuple[str, object]:
    """The only change there is."""
    _etsy_stamped(order, at)
    order["status"] = "canceled"
    return "state", "cancelled"


def _etsy_refund(order: Order, at: datetime) -> None:
    """Of an amount; what came back is not said."""
    _etsy_stamped(order, at)
    order["status"] = "partially refunded"
    order["refunds"] = [{"amount": etsy.money(1000), "created_timestamp": 1, "reason": "", "status": "succeeded"}]


def _etsy_extras(order: Order) -> int:
    """A download and a gift wrap; gift cards and tips there are none."""
    order["transactions"].append(etsy.transaction(12, "GIFT", 1, is_digital=True, price=etsy.money(2500)))
    order |= {"gift_wrap_price": etsy.money(300), "subtotal": etsy.money(4500), "total_price": etsy.money(4500)}
    order["grandtotal"] = etsy.money(4800)
    return 4800


def _etsy_big(order: Order) -> tuple[str, str]:
    order["receipt_id"], order["transactions"][0]["transaction_id"] = BIG, BIG - 1
    return str(BIG), str(BIG - 1)


def _etsy_sell(shop: Etsy, sku: str, units: int) -> Article:
    number = 1000 + len(shop.listings)
    shop.put_listing(number, [{"product_id": number * 10, "sku": sku, "quantity": units}])
    return Article(external_id=f"{number}:{number * 10}", stock_id=str(number), code=sku)


def _etsy_many(shop: Etsy, skus: Sequence[str], units: int) -> list[Article]:
    """All of one listing, which is written whole."""
    size = {"property_id": 500, "property_name": "Size", "scale_id": None, "scale_name": None}
    products = [
        {
            "product_id": 2000 + number, "sku": sku, "quantity": units,
            "property_values": [{**size, "value_ids": [number], "values": [sku]}],
        }
        for number, sku in enumerate(skus)
    ]  # fmt: skip
    shop.put_listing(77, products, quantity_on_property=[500], sku_on_property=[500])
    return [Article(external_id=f"77:{2000 + number}", stock_id="77", code=sku) for number, sku in enumerate(skus)]


def _etsy_drop(shop: Etsy, article: Article) -> None:
    products = shop.listings[article.stock_id]["inventory"]["products"]
    products[:] = [one for one in products if one["sku"] != article.code]
    if not products:
        del shop.listings[article.stock_id]


def _z(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


KINDS = {
    "shopify": Kind(
        Shopify, _shopify_channel, lambda number, at: shopify_order(number, updated_at=_z(at)), _shopify_edit,
        _shopify_sell, _shopify_drop, _shopify_big, _shopify_none_left, _shopify_refund, _shopify_extras,
        lambda order: order.update(presentment_currency="USD"),
    ),
    "woocommerce": Kind(
        WooCommerce, _woo_channel, lambda number, at: woo_order(number, date_modified_gmt=_z(at)[:-1]), _woo_edit,
        _woo_sell, _woo_drop, _woo_big, _woo_none_left, _woo_refund, _woo_extras, _woo_currency,
    ),
    "bigcommerce": Kind(
        BigCommerce, _big_channel, lambda number, at: bigcommerce_order(number, _z(at)), _big_edit, _big_sell, _big_drop,
        _big_big, _big_none_left, _big_refund, _big_extras, _big_currency,
    ),
    "amazon": Kind(
        Amazon, _amazon_channel, lambda number, at: amazon.amazon_order(number, _z(at)), _amazon_edit, _amazon_sell,
        _amazon_drop, _amazon_big, _amazon_none_left,
    ),
    "ebay": Kind(
        Ebay, _ebay_channel, lambda number, at: ebay.ebay_order(number, f"{at:%Y-%m-%dT%H:%M:%S}.000Z"), _ebay_edit,
        _ebay_sell, _ebay_drop, _ebay_big, None, _ebay_refund, _ebay_extras, _ebay_currency,
    ),
    "etsy": Kind(
        Etsy, _etsy_channel, _etsy_order, _etsy_edit, _etsy_sell, _etsy_drop, _etsy_big, None, _etsy_refund,
        _etsy_extras, None, _etsy_many,
    ),
}  # fmt: skip


def articles(kind: Kind, shop: Any, count: int) -> Sequence[Article]:
    """So many SKUs that are sold there, three of each."""
    skus = [f"S{number:03}" for number in range(count)]
    return kind.sell_many(shop, skus, 3) if kind.sell_many else [kind.sell(shop, sku, 3) for sku in skus]
