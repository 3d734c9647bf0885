"""The shop behind a channel."""

from __future__ import annotations

from apps.channels.framework.registry import adapter_of
from apps.channels.framework.shop import Connection, Shop
from apps.channels.models import Channel


def shop_of(channel: Channel) -> Shop:
    """The shop behind a channel that ``speaks``."""
    shop = adapter_of(channel.kind).shop
    assert shop is not None, f"channels of the kind {channel.kind} can't be called"
    return shop(
        Connection(
            channel=channel.code,
            base_url=channel.base_url,
            api_key=channel.api_key,
            api_secret=channel.api_secret,
            settings=channel.typed_settings,
        )
    )
