"""What the toy partner needs to know besides address, token and secret."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ToySettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    account: str = Field(min_length=1, max_length=20, description="Our account number there.")
    insured: bool = Field(default=False, description="Whether parcels are insured.")
