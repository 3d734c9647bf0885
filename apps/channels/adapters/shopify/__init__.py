"""Shopify: orders by webhook and by polling; shipments, cancellations and changes are reported back."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_noop

from apps.channels.adapters.shopify.client import Shopify
from apps.channels.adapters.shopify.connecting import CREDENTIALS, OAUTH
from apps.channels.adapters.shopify.graphql import VERSION
from apps.channels.adapters.shopify.messages import MESSAGES
from apps.channels.adapters.shopify.settings import ShopifySettings
from apps.channels.adapters.shopify.signature import SIGNING
from apps.channels.adapters.shopify.stock import BATCH
from apps.channels.adapters.shopify.units import TRANSFORMS
from apps.channels.framework.adapter import Capability, ChannelAdapter, documents_in
from apps.channels.framework.refunds import RefundForm
from apps.channels.framework.stock import StockLimits

ADAPTER = ChannelAdapter(
    title="Shopify",
    version=VERSION,
    messages=MESSAGES,
    contracts=documents_in(__file__),
    transforms=TRANSFORMS,
    signing=SIGNING,
    kept_headers=("x-shopify-", "shopify-"),
    shop=Shopify,
    refunds=RefundForm(lines="refund_line_items"),
    settings=ShopifySettings,
    capabilities=frozenset(
        {
            Capability.WEBHOOKS,
            Capability.POLLING,
            Capability.FETCH_ORDERS,
            Capability.MISSING_ORDERS,
            Capability.REFUND_DETAILS,
            Capability.SHIPMENTS,
            Capability.CANCELLATIONS,
            Capability.PARTIAL_CANCELLATIONS,
            Capability.SUBSTITUTIONS,
            Capability.HOLDS,
            Capability.PICKUP_READY,
            Capability.STOCK_OUT,
            Capability.STOCK_READ,
            Capability.CATALOG,
            Capability.LOCATIONS,
            Capability.CHECK,
            Capability.REGISTER_WEBHOOKS,
            Capability.TEST_ORDER,
        }
    ),
    stock=StockLimits(batch=BATCH, compares=True),
    credentials=CREDENTIALS,
    oauth=OAUTH,
    # A version is kept for twelve months from its release.
    deprecated_on=date(2027, 7, 1),
    breaks=gettext_noop(
        "Orders are no longer found by polling, nothing is reported back and no stock is sent; webhooks keep coming."
    ),
    docs_url="https://shopify.dev/docs/api/usage/versioning",
)
