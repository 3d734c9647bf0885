"""What a level of an escalation is, and when a case rings next. Pure: how often it rang and what its policy says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from apps.core.text import Text

Roles = Literal["agent", "lead", "manager", "operations", "integrator", "admin"]


class Level(BaseModel):
    """Who is notified by one alert: whoever has these roles, these people (public ids), the case's owner. ``mail``: by mail as well."""

    model_config = ConfigDict(extra="forbid", strict=True)

    after_minutes: Annotated[int, Field(ge=1, le=525_600)]
    roles: list[Roles] = []
    users: list[str] = []
    owner: bool = False
    mail: bool = False

    @model_validator(mode="after")
    def _tells_somebody(self) -> Self:
        if not (self.roles or self.users or self.owner):
            raise ValueError(Text("notifies nobody"))
        return self


class Levels(BaseModel):
    """One to ten, each counted from the one before it."""

    levels: Annotated[list[Level], Field(min_length=1, max_length=10)]
    repeat_minutes: Annotated[int, Field(ge=0, le=525_600)]
    repeat_limit: Annotated[int, Field(ge=0, le=1_000)]


class EscalationSteps(Protocol):
    """What of a policy's version counts here."""

    levels: Any
    repeat_minutes: int
    repeat_limit: int


def minutes_to_next(ladder: EscalationSteps, rung: int) -> int | None:
    """Minutes until the next ring of a case that rang ``rung`` times; None: it rings no more.

    After the last level it repeats every ``repeat_minutes``, at most ``repeat_limit`` times.
    """
    if rung < len(ladder.levels):
        return int(ladder.levels[rung]["after_minutes"])
    repeats = rung - len(ladder.levels)
    return ladder.repeat_minutes if ladder.levels and ladder.repeat_minutes and repeats < ladder.repeat_limit else None


def level_of(ladder: EscalationSteps, rung: int) -> Mapping[str, Any]:
    """Whom the next escalation notifies, after ``rung`` of them; repeats notify the last level again."""
    level: Mapping[str, Any] = ladder.levels[min(rung, len(ladder.levels) - 1)]
    return level
