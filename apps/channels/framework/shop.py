"""Talking to the shops behind channels: asking for orders, telling them what happened. One file per kind of shop.

Knows HTTP and the shops' own shapes; what is asked and told, and how often, the services decide.
"""

from __future__ import annotations

from apps.channels.adapters.shopify.client import Shopify
from apps.channels.adapters.woocommerce.client import WooCommerce
from apps.channels.framework.exchange import PER_LOOK, Missing, Parcel, Remark, Shipped, Shop
from apps.channels.framework.paging import walk
from apps.channels.models import Channel, ChannelKind

_SHOPS: dict[str, type[Shopify] | type[WooCommerce]] = {
    ChannelKind.SHOPIFY: Shopify,
    ChannelKind.WOOCOMMERCE: WooCommerce,
}


def shop_of(channel: Channel) -> Shop:
    """The shop behind a channel that ``speaks``."""
    return _SHOPS[channel.kind](channel)


__all__ = ["PER_LOOK", "Missing", "Parcel", "Remark", "Shipped", "Shop", "WooCommerce", "shop_of", "walk"]
