"""A cache in this process, one second old at most: who holds this key, what that channel is.

``clear_process_cache`` empties that of the writer's own process at once; every other process follows within 1.2 seconds, or as late
as its caller allowed with ``seconds``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from apps.core import clock

Value = TypeVar("Value")

SECONDS = 1.0
# While one thread loads an expired value, the others still get the old one, instead of all loading at once.
GRACE_S = 0.1
MAX_ENTRIES = 10_000


class _Entry(NamedTuple):
    expires_at: float
    value: Any
    may_be_extended: bool


_entries: dict[tuple[str, str], _Entry] = {}


def get_or_load(kind: str, key: str, load: Callable[[], Value], *, seconds: float = SECONDS) -> Value:
    """The value of ``key``, at most ``seconds`` old, and ``2 * GRACE_S`` more while a thread loads it. None is not cached."""
    found, now = _entries.get((kind, key)), clock.monotonic()
    if found is not None:
        value: Value = found.value
        if found.expires_at > now:
            return value
        if found.may_be_extended and found.expires_at > now - GRACE_S:
            _entries[kind, key] = _Entry(now + GRACE_S, value, may_be_extended=False)
    value = load()
    if value is None:
        _entries.pop((kind, key), None)
    else:
        if len(_entries) > MAX_ENTRIES:
            _entries.clear()
        _entries[kind, key] = _Entry(clock.monotonic() + seconds, value, may_be_extended=True)
    return value


def clear_process_cache() -> None:
    """Load everything again from now on, in this process."""
    _entries.clear()
