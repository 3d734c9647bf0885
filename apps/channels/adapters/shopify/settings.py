"""What a Shopify channel can be set to beyond what every channel can."""

from __future__ import annotations

from pydantic import Field

from apps.channels.framework.settings import ChannelSettings


class ShopifySettings(ChannelSettings):
    restock_cancelled: bool = Field(
        default=False,
        title="Restock there what is cancelled",
        description="On: an order cancelled here gives its units back to the shop's own stock. Leave it off where we send the stock.",
    )
