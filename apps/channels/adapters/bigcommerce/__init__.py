"""BigCommerce: webhooks and lists name orders, which are fetched; shipments, cancellations and stock go out, its catalog comes in."""

from __future__ import annotations

from apps.channels.adapters.bigcommerce.client import BigCommerce
from apps.channels.adapters.bigcommerce.connecting import CREDENTIALS, SECRET_HEADER
from apps.channels.adapters.bigcommerce.messages import MESSAGES
from apps.channels.adapters.bigcommerce.settings import BigCommerceSettings
from apps.channels.adapters.bigcommerce.stock import LIMITS
from apps.channels.framework.adapter import Capability, ChannelAdapter, documents_in
from apps.channels.framework.signatures import SecretHeader

ADAPTER = ChannelAdapter(
    title="BigCommerce",
    version="v2/v3",
    messages=MESSAGES,
    contracts=documents_in(__file__),
    signing=SecretHeader(header=SECRET_HEADER),
    shop=BigCommerce,
    settings=BigCommerceSettings,
    stock=LIMITS,
    credentials=CREDENTIALS,
    docs_url="https://developer.bigcommerce.com/docs/rest-management",
    capabilities=frozenset(
        {
            Capability.WEBHOOKS,
            Capability.POLLING,
            Capability.FETCH_ORDERS,
            Capability.MISSING_ORDERS,
            Capability.SHIPMENTS,
            Capability.CANCELLATIONS,
            Capability.PARTIAL_CANCELLATIONS,
            Capability.SUBSTITUTIONS,
            Capability.STOCK_OUT,
            Capability.STOCK_READ,
            Capability.CATALOG,
            Capability.LOCATIONS,
            Capability.CHECK,
            Capability.REGISTER_WEBHOOKS,
            Capability.TEST_ORDER,
        }
    ),
)
