"""Who did it. One small value that travels through every service into every event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

ActorKind = Literal["staff", "key", "channel", "partner", "system", "step"]


@dataclass(frozen=True, slots=True)
class Actor:
    """``kind`` says what sort of actor, ``name`` is its public id or code; never personal data."""

    kind: ActorKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @classmethod
    def read(cls, text: str) -> Actor | None:
        """From how it is stored, which is what ``str`` makes of it; None where nobody is named."""
        kind, _, name = text.partition(":")
        return cls(cast(ActorKind, kind), name) if name else None


SYSTEM = Actor("system", "orderyard")
