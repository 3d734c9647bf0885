"""What a channel of Etsy's can be set to."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from apps.channels.framework.settings import ChannelSettings

YesIfSaid = Annotated[bool, BeforeValidator(lambda value: value is True)]


class EtsySettings(ChannelSettings):
    reactivate: YesIfSaid = Field(
        default=False,
        title="Put listings on sale again",
        description="Etsy shows no listing with nothing left: it is taken off sale. On: it goes back on sale when there is stock again.",
    )
