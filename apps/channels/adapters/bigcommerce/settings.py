"""What a BigCommerce channel can be set to beyond what every channel can."""

from __future__ import annotations

from pydantic import Field

from apps.channels.framework.settings import ChannelSettings

# Every store has this one.
FIRST_LOCATION = 1


class BigCommerceSettings(ChannelSettings):
    stock_location: str = Field(
        default="",
        title="Location that stock is sent to",
        description="The number of the BigCommerce location whose stock this channel sells. Empty: the store's first, 1.",
    )

    @property
    def location(self) -> int:
        return int(self.stock_location) if self.stock_location.isdecimal() else FIRST_LOCATION
