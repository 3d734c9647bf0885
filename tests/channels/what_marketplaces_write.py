"""What happens to orders and goods at marketplaces, as those write it: Amazon, eBay, Etsy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from apps.channels.framework.stock import Article
from apps.channels.models import Channel
from orchestrator.sandbox.shops.amazon import Amazon
from orchestrator.sandbox.shops.ebay import Ebay
from orchestrator.sandbox.shops.etsy import Etsy
from tests.channels import amazon, ebay, etsy
from tests.channels.what_shops_write import BIG, SINCE, Order, z

# --- Amazon


def amazon_channel(url: str) -> Channel:
    return amazon.amazon_channel(url, polled_until=SINCE)


def amazon_changed(order: Order, at: datetime, units: int) -> None:
    order["orderItems"][0] = amazon.amazon_item(str(order["orderItems"][0]["orderItemId"]), "A", units)
    order |= {"lastUpdatedTime": z(at), "proceeds": {"grandTotal": amazon.money(f"{10 * units}.00")}}


def amazon_edit(order: Order, at: datetime) -> tuple[str, object]:
    amazon_changed(order, at, 1)
    return "quantity", 1


def amazon_none_left(order: Order, at: datetime) -> None:
    amazon_changed(order, at, 0)
    order["fulfillment"]["fulfillmentStatus"] = "SHIPPED"


def amazon_big(order: Order) -> tuple[str, str]:
    order["orderItems"][0]["orderItemId"] = str(BIG)
    return str(order["orderId"]), str(BIG)


def amazon_sell(shop: Amazon, sku: str, units: int) -> Article:
    shop.sell(sku, units)
    return Article(external_id=sku, stock_id="DEFAULT", code=sku)


def amazon_drop(shop: Amazon, article: Article) -> None:
    del shop.listings[article.code]


# --- eBay


def ebay_channel(url: str) -> Channel:
    return ebay.ebay_channel(url, polled_until=SINCE)


def ebay_edit(order: Order, at: datetime) -> tuple[str, object]:
    """The only change there is."""
    order |= {"lastModifiedDate": z(at), "cancelStatus": {"cancelState": "CANCELED", "cancelRequests": []}}
    return "state", "cancelled"


def ebay_refund(order: Order, at: datetime) -> None:
    """Of an amount; goods are returned by another API."""
    refund = {"refundId": "1", "amount": ebay.money("10.00"), "refundStatus": "REFUNDED", "refundDate": z(at)}
    order["paymentSummary"]["refunds"] = [refund]
    order |= {"lastModifiedDate": z(at), "orderPaymentStatus": "PARTIALLY_REFUNDED"}


def ebay_extras(order: Order) -> int:
    """A digital gift card; tips there are none."""
    gift = {"giftDetails": {"recipientEmail": "r@example.test", "senderName": "S", "message": "M"}}
    order["lineItems"].append(ebay.ebay_item("2", "GIFT", 1, "25.00", **gift))
    order["pricingSummary"] = {"priceSubtotal": ebay.money("45.00"), "total": ebay.money("45.00")}
    return 4500


def ebay_currency(order: Order) -> None:
    """What the buyer paid in stands beside each amount."""
    order["pricingSummary"]["total"] |= {"convertedFromCurrency": "USD", "convertedFromValue": "25.00"}


def ebay_big(order: Order) -> tuple[str, str]:
    order["lineItems"][0]["lineItemId"] = str(BIG)
    return str(order["orderId"]), str(BIG)


def ebay_sell(shop: Ebay, sku: str, units: int) -> Article:
    shop.sell(sku, units, offer=f"offer-{sku}")
    return Article(external_id=sku, stock_id=f"offer-{sku}", code=sku)


def ebay_drop(shop: Ebay, article: Article) -> None:
    del shop.items[article.code], shop.offers[article.code]


# --- Etsy


def etsy_channel(url: str) -> Channel:
    return etsy.etsy_channel(url, polled_until=SINCE)


def etsy_order(number: int, at: datetime) -> Order:
    return etsy.etsy_receipt(number, int(at.timestamp()))


def etsy_stamped(order: Order, at: datetime) -> None:
    order |= dict.fromkeys(("update_timestamp", "updated_timestamp"), int(at.timestamp()))


def etsy_edit(order: Order, at: datetime) -> tuple[str, object]:
    """The only change there is."""
    etsy_stamped(order, at)
    order["status"] = "canceled"
    return "state", "cancelled"


def etsy_refund(order: Order, at: datetime) -> None:
    """Of an amount; what came back is not said."""
    etsy_stamped(order, at)
    order["status"] = "partially refunded"
    order["refunds"] = [{"amount": etsy.money(1000), "created_timestamp": 1, "reason": "", "status": "succeeded"}]


def etsy_extras(order: Order) -> int:
    """A download and a gift wrap; gift cards and tips there are none."""
    order["transactions"].append(etsy.transaction(12, "GIFT", 1, is_digital=True, price=etsy.money(2500)))
    order |= {"gift_wrap_price": etsy.money(300), "subtotal": etsy.money(4500), "total_price": etsy.money(4500)}
    order["grandtotal"] = etsy.money(4800)
    return 4800


def etsy_big(order: Order) -> tuple[str, str]:
    order["receipt_id"], order["transactions"][0]["transaction_id"] = BIG, BIG - 1
    return str(BIG), str(BIG - 1)


def etsy_sell(shop: Etsy, sku: str, units: int) -> Article:
    number = 1000 + len(shop.listings)
    shop.put_listing(number, [{"product_id": number * 10, "sku": sku, "quantity": units}])
    return Article(external_id=f"{number}:{number * 10}", stock_id=str(number), code=sku)


def etsy_many(shop: Etsy, skus: Sequence[str], units: int) -> list[Article]:
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


def etsy_drop(shop: Etsy, article: Article) -> None:
    products = shop.listings[article.stock_id]["inventory"]["products"]
    products[:] = [one for one in products if one["sku"] != article.code]
    if not products:
        del shop.listings[article.stock_id]
