"""Every shop that gives orders, asked the same: how it writes an order, and what can happen to one there.

What a vendor's contract cannot bring stands in ``CANT`` with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
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
from tests.channels import amazon, ebay
from tests.channels import what_marketplaces_write as markets
from tests.channels import what_shops_write as shops
from tests.channels.bigcommerce import bigcommerce_order
from tests.channels.sending import shopify_order, woo_order
from tests.channels.what_shops_write import Order, z


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


KINDS = {
    "shopify": Kind(
        Shopify, shops.shopify_channel, lambda number, at: shopify_order(number, updated_at=z(at)), shops.shopify_edit,
        shops.shopify_sell, shops.shopify_drop, shops.shopify_big, shops.shopify_none_left, shops.shopify_refund, shops.shopify_extras,
        lambda order: order.update(presentment_currency="USD"),
    ),
    "woocommerce": Kind(
        WooCommerce, shops.woo_channel, lambda number, at: woo_order(number, date_modified_gmt=z(at)[:-1]), shops.woo_edit,
        shops.woo_sell, shops.woo_drop, shops.woo_big, shops.woo_none_left, shops.woo_refund, shops.woo_extras, shops.woo_currency,
    ),
    "bigcommerce": Kind(
        BigCommerce, shops.big_channel, lambda number, at: bigcommerce_order(number, z(at)), shops.big_edit, shops.big_sell, shops.big_drop,
        shops.big_big, shops.big_none_left, shops.big_refund, shops.big_extras, shops.big_currency,
    ),
    "amazon": Kind(
        Amazon, markets.amazon_channel, lambda number, at: amazon.amazon_order(number, z(at)), markets.amazon_edit, markets.amazon_sell,
        markets.amazon_drop, markets.amazon_big, markets.amazon_none_left,
    ),
    "ebay": Kind(
        Ebay, markets.ebay_channel, lambda number, at: ebay.ebay_order(number, f"{at:%Y-%m-%dT%H:%M:%S}.000Z"), markets.ebay_edit,
        markets.ebay_sell, markets.ebay_drop, markets.ebay_big, None, markets.ebay_refund, markets.ebay_extras, markets.ebay_currency,
    ),
    "etsy": Kind(
        Etsy, markets.etsy_channel, markets.etsy_order, markets.etsy_edit, markets.etsy_sell, markets.etsy_drop, markets.etsy_big, None, markets.etsy_refund,
        markets.etsy_extras, None, markets.etsy_many,
    ),
}  # fmt: skip


def articles(kind: Kind, shop: Any, count: int) -> Sequence[Article]:
    """So many SKUs that are sold there, three of each."""
    skus = [f"S{number:03}" for number in range(count)]
    return kind.sell_many(shop, skus, 3) if kind.sell_many else [kind.sell(shop, sku, 3) for sku in skus]
