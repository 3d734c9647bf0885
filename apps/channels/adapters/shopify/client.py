"""Shopify's Admin API by GraphQL, as far as order management needs it."""

from __future__ import annotations

from apps.channels.adapters.shopify.catalog import Catalog
from apps.channels.adapters.shopify.connecting import Connecting
from apps.channels.adapters.shopify.holding import Holding
from apps.channels.adapters.shopify.orders import Orders
from apps.channels.adapters.shopify.stock import Stock


class Shopify(Orders, Holding, Stock, Catalog, Connecting):
    """One shop: what it is asked, and what is reported to it."""
