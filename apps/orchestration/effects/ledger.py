"""The ledger of one order: each effect with its state, its times, who has it and what happens next. Values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from django.db import models

from apps.core.text import Text
from apps.orchestration.effects.kinds import UNDO, Kind, Undo


class Standing(models.TextChoices):
    """As ``EffectState`` has it, and two more: what never came about, and what can't be undone any more."""

    ATTEMPTED = "attempted", "Attempted"
    SUCCEEDED = "succeeded", "In effect"
    FAILED = "failed", "Did not come about"
    TO_COMPENSATE = "to_compensate", "To be undone"
    STUCK = "stuck", "Undoing is stuck"
    COMPENSATED = "compensated", "Undone"
    STANDS = "stands", "Can't be undone"


PENDING = frozenset({Standing.ATTEMPTED, Standing.TO_COMPENSATE, Standing.STUCK})
IN_EFFECT = frozenset({Standing.SUCCEEDED, Standing.STANDS})
Owner = Literal["system", "partner", "channel", "person", "nobody"]
Action = Literal["retry", "undone_by_hand"]


@dataclass(frozen=True, slots=True)
class NextAction:
    """What happens by itself, and when; ``stopped``: it has been given up, and waits to be started again."""

    run_id: int
    step: str
    at: datetime
    stopped: bool = False


@dataclass(slots=True)
class OrderEffect:
    """``ref``: what it was done to, by its public id; unique within its kind. ``case_ref``: the case a person has about it."""

    kind: Kind
    ref: str
    what: Text
    state: Standing
    attempted_at: datetime
    settled_at: datetime | None = None
    owner: Owner = "nobody"
    owner_name: str = ""
    node: str = ""
    attempts: int = 0
    last_error: str = ""
    note: str = ""
    next: NextAction | None = None
    case_ref: str = ""
    actions: list[Action] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.ref}"

    @property
    def undo(self) -> Undo:
        return UNDO[self.kind]

    @property
    def pending(self) -> bool:
        return self.state in PENDING


@dataclass(frozen=True, slots=True)
class EffectLedger:
    """All effects of one order, what needs somebody first."""

    effects: Sequence[OrderEffect]

    def count(self, states: frozenset[Standing]) -> int:
        return sum(one.state in states for one in self.effects)

    @property
    def attempted(self) -> int:
        return len(self.effects)

    @property
    def succeeded(self) -> int:
        return self.count(IN_EFFECT)

    @property
    def failed(self) -> int:
        return self.count(frozenset({Standing.FAILED}))

    @property
    def compensated(self) -> int:
        return self.count(frozenset({Standing.COMPENSATED}))

    @property
    def pending(self) -> int:
        return self.count(PENDING)
