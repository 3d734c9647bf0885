"""Amazon's Selling Partner API: orders handed in, joined with their items, as signed webhooks."""

from __future__ import annotations

from apps.channels.adapters.amazon.messages import MESSAGES
from apps.channels.framework.adapter import Capability, ChannelAdapter, documents_in
from apps.channels.framework.signatures import StandardWebhooks

ADAPTER = ChannelAdapter(
    title="Amazon",
    version="v0",
    messages=MESSAGES,
    contracts=documents_in(__file__),
    signing=StandardWebhooks(),
    capabilities=frozenset({Capability.WEBHOOKS}),
)
