"""Names only: which steps follow which event, and where due work is written. Orchestration fills it at start-up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Follower:
    """A step that follows an event, ``delay_s`` later, done in ``lane``."""

    step: str
    delay_s: float
    lane: str


def _nobody_is_woken(followers: Collection[Follower]) -> None:
    """Until orchestration registers, events are only remembered."""


@dataclass(frozen=True, slots=True)
class Registry:
    """``runs_table`` takes (event_id, step, stream, subject_id, due_at, created_at); ``wake`` is called after commit,
    with those that follow what was recorded."""

    runs_table: str = ""
    followers: Mapping[str, Sequence[Follower]] = field(default_factory=dict)
    wake: Callable[[Collection[Follower]], None] = _nobody_is_woken


_registry = Registry()


def register(registry: Registry) -> None:
    """Called once at start-up."""
    global _registry
    _registry = registry


def registered() -> Registry:
    return _registry
