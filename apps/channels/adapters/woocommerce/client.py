"""WooCommerce's REST API v3, as far as order management needs it."""

from __future__ import annotations

from apps.channels.adapters.woocommerce.catalog import Catalog
from apps.channels.adapters.woocommerce.connecting import Connecting
from apps.channels.adapters.woocommerce.orders import Orders
from apps.channels.adapters.woocommerce.stock import Stock


class WooCommerce(Orders, Stock, Catalog, Connecting):
    """A shop: reading its orders and catalog, sending it updates."""
