"""Talking to the shops behind channels: asking for orders, telling them what happened. One file per kind of shop.

Knows HTTP and the shops' own shapes; what is asked and told, and how often, the services decide.
"""

from __future__ import annotations

from apps.channels.models import Channel, ChannelKind
from apps.channels.shops.base import PER_LOOK, Missing, Parcel, Remark, Shipped, Shop
from apps.channels.shops.paging import walk
from apps.channels.shops.shopify import Shopify
from apps.channels.shops.woocommerce import WooCommerce

_SHOPS: dict[str, type[Shopify] | type[WooCommerce]] = {
    ChannelKind.SHOPIFY: Shopify,
    ChannelKind.WOOCOMMERCE: WooCommerce,
}


def shop_of(channel: Channel) -> Shop:
    """The shop behind a channel that ``speaks``."""
    return _SHOPS[channel.kind](channel)


__all__ = ["PER_LOOK", "Missing", "Parcel", "Remark", "Shipped", "Shop", "WooCommerce", "shop_of", "walk"]
