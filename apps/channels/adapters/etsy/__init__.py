"""Etsy: receipts by polling; tracking, and stock by writing a listing's inventory whole."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from apps.channels.adapters.etsy.client import VERSION, Etsy
from apps.channels.adapters.etsy.inventory import BATCH
from apps.channels.adapters.etsy.messages import MESSAGES
from apps.channels.adapters.etsy.setting_up import CREDENTIALS, OAUTH
from apps.channels.adapters.etsy.settings import EtsySettings
from apps.channels.framework.adapter import Capability, ChannelAdapter, documents_in
from apps.channels.framework.stock import StockLimits

ADAPTER = ChannelAdapter(
    title="Etsy",
    version=VERSION,
    messages=MESSAGES,
    contracts=documents_in(__file__),
    test_note=gettext_noop(
        "Etsy has no test orders: buy one of your own listings from another account. Cancel it at Etsy afterwards, which gives the "
        "fees back."
    ),
    shop=Etsy,
    settings=EtsySettings,
    capabilities=frozenset(
        {
            Capability.POLLING,
            Capability.SHIPMENTS,
            Capability.STOCK_OUT,
            Capability.STOCK_READ,
            Capability.CATALOG,
            Capability.CHECK,
        }
    ),
    stock=StockLimits(batch=BATCH, compares=True),
    credentials=CREDENTIALS,
    oauth=OAUTH,
    completes_whole=True,
    breaks=gettext_noop("Orders are no longer found, shipments are not reported and no stock is sent."),
    docs_url="https://developers.etsy.com/documentation/",
    per_second=8.0,
    burst=30,
)
