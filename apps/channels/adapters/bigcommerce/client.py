"""BigCommerce's REST Management API, as far as order management needs it."""

from __future__ import annotations

from apps.channels.adapters.bigcommerce.catalog import Catalog
from apps.channels.adapters.bigcommerce.connecting import Connecting
from apps.channels.adapters.bigcommerce.orders import Orders
from apps.channels.adapters.bigcommerce.stock import Stock


class BigCommerce(Orders, Stock, Catalog, Connecting):
    """A store: reading its orders and catalog, sending it updates."""
