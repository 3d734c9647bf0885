"""What a channel of Etsy's can be set to."""

from __future__ import annotations

from pydantic import Field

from apps.channels.framework.settings import ChannelSettings, YesIfSaid


class EtsySettings(ChannelSettings):
    reactivate: YesIfSaid = Field(
        default=False,
        title="Put listings on sale again",
        description="Etsy shows no listing with nothing left: it is taken off sale. On: it goes back on sale when there is stock again.",
    )
