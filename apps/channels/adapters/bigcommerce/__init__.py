"""BigCommerce: signed messages are kept; a mapping document that reads them has to be published first."""

from __future__ import annotations

from apps.channels.framework.adapter import Capability, ChannelAdapter
from apps.channels.framework.signatures import StandardWebhooks
from apps.channels.mapping.message_form import MessageForm

ADAPTER = ChannelAdapter(
    title="BigCommerce",
    version="v2",
    messages=MessageForm(kind="bigcommerce"),
    signing=StandardWebhooks(),
    capabilities=frozenset({Capability.WEBHOOKS}),
)
