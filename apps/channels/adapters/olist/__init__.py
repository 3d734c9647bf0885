"""Olist: the marketplace's public order tables, joined into one signed message an order."""

from __future__ import annotations

from apps.channels.framework.adapter import Capability, ChannelAdapter, documents_in
from apps.channels.framework.signatures import StandardWebhooks
from apps.channels.mapping.message_form import Cancelled, MessageForm, paths
from apps.channels.mapping.paths import parse_path

ADAPTER = ChannelAdapter(
    title="Olist",
    version="1",
    messages=MessageForm(
        kind="olist",
        ids=paths("order.order_id"),
        updated=(),
        cancelled=Cancelled(status=parse_path("order.order_status"), words=frozenset({"canceled"})),
    ),
    contracts=documents_in(__file__),
    signing=StandardWebhooks(),
    capabilities=frozenset({Capability.WEBHOOKS}),
)
