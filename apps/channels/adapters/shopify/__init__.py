"""Shopify: orders by webhook and by polling; shipments, cancellations and changes are reported back."""

from __future__ import annotations

from apps.channels.adapters.shopify.client import Shopify
from apps.channels.adapters.shopify.graphql import VERSION
from apps.channels.adapters.shopify.messages import MESSAGES
from apps.channels.adapters.shopify.settings import ShopifySettings
from apps.channels.adapters.shopify.signature import SIGNING
from apps.channels.framework.adapter import Capability, ChannelAdapter, documents_in
from apps.channels.framework.refunds import RefundForm

ADAPTER = ChannelAdapter(
    title="Shopify",
    version=VERSION,
    messages=MESSAGES,
    contracts=documents_in(__file__),
    signing=SIGNING,
    kept_headers=("x-shopify-", "shopify-"),
    shop=Shopify,
    refunds=RefundForm(lines="refund_line_items"),
    settings=ShopifySettings,
    capabilities=frozenset(
        {
            Capability.WEBHOOKS,
            Capability.POLLING,
            Capability.MISSING_ORDERS,
            Capability.REFUND_DETAILS,
            Capability.SHIPMENTS,
            Capability.CANCELLATIONS,
            Capability.PARTIAL_CANCELLATIONS,
            Capability.SUBSTITUTIONS,
        }
    ),
)
