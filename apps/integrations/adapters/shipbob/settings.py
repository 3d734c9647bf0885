"""What ShipBob needs to know besides address and token."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ShipBobSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    channel_id: int = Field(ge=1, description="Your channel there, with the right to write; GET /channel lists them.")
