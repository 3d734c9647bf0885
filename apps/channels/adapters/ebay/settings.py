"""What a channel of eBay can be set to, beyond the common."""

from __future__ import annotations

from pydantic import Field

from apps.channels.framework.settings import ChannelSettings


class EbaySettings(ChannelSettings):
    """``tables`` may hold ``carriers``: our carriers' names to eBay's carrier codes."""

    ru_name: str = Field(
        default="", title="RuName", description="eBay's name for the address people are sent back to from its page."
    )
    signing_jwe: str = Field(
        default="",
        title="Signature key (JWE)",
        description="What eBay's Key Management shows beside the private key. Sellers in the EU and the UK need both to cancel orders.",
    )
    alert_email: str = Field(
        default="",
        title="alert address",
        description="Where eBay writes when notifications can't be delivered. Needed once for each application.",
    )
    marketplace_id: str = Field(
        default="",
        title="marketplace",
        description="Whose offers are listed and kept in stock, such as EBAY_GB. Empty: those of every marketplace.",
    )
