"""When a case rings next. Pure: how often it rang and what its policy says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Ladder(Protocol):
    """What of a policy's version counts here."""

    levels: Any
    repeat_minutes: int
    repeat_limit: int


def minutes_to_next(ladder: Ladder, rung: int) -> int | None:
    """Minutes until the next ring of a case that rang ``rung`` times; None: it rings no more.

    After the last level it repeats every ``repeat_minutes``, at most ``repeat_limit`` times.
    """
    if rung < len(ladder.levels):
        return int(ladder.levels[rung]["after_minutes"])
    repeats = rung - len(ladder.levels)
    return ladder.repeat_minutes if ladder.levels and ladder.repeat_minutes and repeats < ladder.repeat_limit else None


def level_of(ladder: Ladder, rung: int) -> Mapping[str, Any]:
    """Whom the next ring tells, of a case that rang ``rung`` times; repeats tell the last level again."""
    level: Mapping[str, Any] = ladder.levels[min(rung, len(ladder.levels) - 1)]
    return level
