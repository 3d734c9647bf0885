"""What a Shopify channel can be set to beyond what every channel can."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from apps.channels.framework.settings import ChannelSettings


class ShopifySettings(ChannelSettings):
    unused: ClassVar[frozenset[str]] = frozenset()

    restock_cancelled: bool = Field(
        default=False,
        title="Restock there what is cancelled",
        description="On: an order cancelled here gives its units back to the shop's own stock. Leave it off where we send the stock.",
    )
    stock_location: str = Field(
        default="",
        title="Location our stock is shown at",
        description="The id of one of the shop's locations, the number at the end of its address there. Empty: its first.",
    )
    node_locations: str = Field(
        default="",
        title="Your locations in the shop",
        description=(
            "Code of your location and id of the shop's, such as leeds = 70000000001, separated by commas. What ships from one of yours is moved to the shop's there first."
        ),
    )

    def location_of(self, node: str) -> str:
        """The id of the shop's location that a place of ours is; empty: nobody has said."""
        pairs = [pair.partition("=") for pair in self.node_locations.split(",")]
        return {code.strip(): location.strip() for code, _, location in pairs}.get(node, "")
