"""Shopify's Admin API by GraphQL, as far as order management needs it."""

from __future__ import annotations

from apps.channels.adapters.shopify.orders import Orders
from apps.channels.adapters.shopify.reporting import Reports


class Shopify(Orders, Reports):
    """A shop: what it is asked, and what it is told."""
