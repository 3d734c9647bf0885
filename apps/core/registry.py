"""Names only: which steps follow which event, and where due work is written. Orchestration fills it at start-up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field


def _always(event: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Follower:
    """A step that follows an event, ``delay_s`` later, done in ``lane``; no work is written where it is not ``wanted``."""

    step: str
    delay_s: float
    lane: str
    wanted: Callable[[str], bool] = _always


def _nobody_is_woken(lanes: Collection[str]) -> None:
    """Until orchestration registers, events are recorded and nothing follows."""


def _nobody_notes(steps: Collection[str]) -> None:
    """Nor is anybody notified of what will be due."""


@dataclass(frozen=True, slots=True)
class Registry:
    """``runs_table`` takes (event_id, step, stream, subject_id, due_at, created_at); ``note`` is called with the
    names of steps as their work is written, to fall due at once; ``wake`` with their lanes, after commit."""

    runs_table: str = ""
    followers: Mapping[str, Sequence[Follower]] = field(default_factory=dict)
    note: Callable[[Collection[str]], None] = _nobody_notes
    wake: Callable[[Collection[str]], None] = _nobody_is_woken


_registry = Registry()


def register(registry: Registry) -> None:
    """Called once at start-up."""
    global _registry
    _registry = registry


def registered() -> Registry:
    return _registry
