"""A shop with a small REST API: the folder to copy for a channel of your own (docs/how-to/add-a-channel.md)."""

from __future__ import annotations

from apps.channels.framework.adapter import Capability, ChannelAdapter, documents_in
from apps.channels.framework.signatures import HmacBase64
from apps.channels.framework.stock import StockLimits

from .client import VERSION, Toy, ToySettings
from .messages import MESSAGES

ADAPTER = ChannelAdapter(
    title="Toy shop",
    version=VERSION,
    messages=MESSAGES,
    contracts=documents_in(__file__),
    signing=HmacBase64(headers=("toy-signature",), delivery_ids=("toy-delivery",)),
    kept_headers=("toy-",),
    shop=Toy,
    settings=ToySettings,
    stock=StockLimits(batch=50, compares=True),
    capabilities=frozenset(
        {
            Capability.WEBHOOKS,
            Capability.POLLING,
            Capability.FETCH_ORDERS,
            Capability.SHIPMENTS,
            Capability.CANCELLATIONS,
            Capability.STOCK_OUT,
            Capability.STOCK_READ,
            Capability.CATALOG,
            Capability.LOCATIONS,
            Capability.CHECK,
            Capability.REGISTER_WEBHOOKS,
        }
    ),
)
