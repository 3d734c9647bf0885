"""Shopify: orders by webhook and by polling; shipments, cancellations and changes are reported back."""

from __future__ import annotations

from apps.channels.adapters.shopify.client import VERSION, Shopify
from apps.channels.adapters.shopify.messages import MESSAGES
from apps.channels.adapters.shopify.signature import SIGNING
from apps.channels.framework.adapter import Capability, ChannelAdapter, documents_in

ADAPTER = ChannelAdapter(
    title="Shopify",
    version=VERSION,
    messages=MESSAGES,
    contracts=documents_in(__file__),
    signing=SIGNING,
    kept_headers=("x-shopify-", "shopify-"),
    shop=Shopify,
    capabilities=frozenset(
        {
            Capability.WEBHOOKS,
            Capability.POLLING,
            Capability.MISSING_ORDERS,
            Capability.SHIPMENTS,
            Capability.CANCELLATIONS,
            Capability.PARTIAL_CANCELLATIONS,
            Capability.SUBSTITUTIONS,
        }
    ),
)
