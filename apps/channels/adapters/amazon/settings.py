"""What a channel of Amazon can be set to, beyond the common."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from apps.channels.framework.settings import ChannelSettings


def _yes_or_no(value: Any) -> bool:
    return value is True


class AmazonSettings(ChannelSettings):
    """``tables`` may hold ``carriers``: our carriers' names to Amazon's carrier codes."""

    seller_id: str = Field(
        default="", title="seller ID", description="Amazon's id of the seller, such as A3TH9S8BH6GOGM (Merchant token)."
    )
    marketplace_id: str = Field(
        default="",
        title="marketplace",
        description="The one store this channel sells in, such as A1F83G8C2ARO7P for Amazon.co.uk.",
    )
    application_id: str = Field(
        default="", title="application ID", description="Of a public app, for which access is given on Amazon's page."
    )
    queue: str = Field(
        default="",
        title="queue",
        description="ARN of the SQS queue that order notifications are sent to, from where a relay forwards them.",
    )
    restricted_data_token: Annotated[bool, BeforeValidator(_yes_or_no)] = Field(
        default=False,
        title="restricted data token",
        description=(
            "Ask for a restricted data token before an order's address is read. Off where the roles of the app allow it, as "
            "with the Orders API 2026-01-01."
        ),
    )

    @property
    def takes_completed(self) -> bool:
        """Never: what Amazon shows as shipped, it shipped itself or we reported it."""
        return False
