"""Who did it. One small value that travels through every service into every event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["staff", "key", "channel", "partner", "system", "step"]


@dataclass(frozen=True, slots=True)
class Actor:
    """``kind`` says what sort of actor, ``name`` is its public id or code; never personal data."""

    kind: ActorKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


SYSTEM = Actor("system", "orderyard")
