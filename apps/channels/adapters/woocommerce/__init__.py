"""WooCommerce: orders by webhook and by polling; shipments, cancellations and changes are reported back as notes and states."""

from __future__ import annotations

from apps.channels.adapters.woocommerce.client import VERSION, WooCommerce
from apps.channels.adapters.woocommerce.messages import MESSAGES
from apps.channels.adapters.woocommerce.signature import SIGNING, is_activation_ping
from apps.channels.framework.adapter import Capability, ChannelAdapter, documents_in
from apps.channels.framework.refunds import RefundForm

ADAPTER = ChannelAdapter(
    title="WooCommerce",
    version=VERSION,
    messages=MESSAGES,
    contracts=documents_in(__file__),
    signing=SIGNING,
    unsigned_ping=is_activation_ping,
    kept_headers=("x-wc-webhook-",),
    shop=WooCommerce,
    refunds=RefundForm(),
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
