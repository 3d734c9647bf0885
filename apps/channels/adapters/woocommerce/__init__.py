"""WooCommerce: orders by webhook and by polling; shipments, cancellations, changes and stock go out, its catalog comes in."""

from __future__ import annotations

from apps.channels.adapters.woocommerce.api import VERSION
from apps.channels.adapters.woocommerce.client import WooCommerce
from apps.channels.adapters.woocommerce.connecting import CREDENTIALS
from apps.channels.adapters.woocommerce.messages import MESSAGES
from apps.channels.adapters.woocommerce.refunds import TRANSFORMS
from apps.channels.adapters.woocommerce.signature import SIGNING, is_activation_ping
from apps.channels.adapters.woocommerce.stock import LIMITS
from apps.channels.framework.adapter import Capability, ChannelAdapter, documents_in
from apps.channels.framework.refunds import RefundForm

ADAPTER = ChannelAdapter(
    title="WooCommerce",
    version=VERSION,
    messages=MESSAGES,
    contracts=documents_in(__file__),
    transforms=TRANSFORMS,
    signing=SIGNING,
    unsigned_ping=is_activation_ping,
    kept_headers=("x-wc-webhook-",),
    shop=WooCommerce,
    refunds=RefundForm(),
    stock=LIMITS,
    credentials=CREDENTIALS,
    docs_url="https://developer.woocommerce.com/docs/apis/rest-api/",
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
            Capability.STOCK_OUT,
            Capability.STOCK_READ,
            Capability.CATALOG,
            Capability.CHECK,
            Capability.REGISTER_WEBHOOKS,
            Capability.TEST_ORDER,
        }
    ),
)
