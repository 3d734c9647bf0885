"""Tills: sales handed over already and goods brought back, posted to the API or in files with a row for each line."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from apps.channels.framework.adapter import Capability, ChannelAdapter, documents_in
from apps.channels.framework.settings import FeedSettings
from apps.channels.mapping.message_form import MessageForm, paths

ADAPTER = ChannelAdapter(
    title="Tills",
    version="1",
    messages=MessageForm(kind="pos", ids=paths("key", "receipt"), updated=(), zone="UTC"),
    contracts=documents_in(__file__),
    settings=FeedSettings,
    test_note=gettext_noop(
        "Ring up a sale at a till and take it back: both appear, and the stock of the store is as before. Without a till, send POST "
        "/api/v1/pos/sales."
    ),
    capabilities=frozenset({Capability.FILES, Capability.TILL, Capability.STOCK_FEED}),
)
