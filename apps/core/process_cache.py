"""Remembering for a second what every request asks: who holds this key, what that channel is.

A change is seen by this process at once where the writer calls ``forget``, and by every other within a second and a fifth,
or as long as the asker said it may be old.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from apps.core import clock

Answer = TypeVar("Answer")

SECONDS = 1.0
# While one thread asks anew, the others go on with what was told, instead of all asking at once.
GRACE = 0.1
MOST = 10_000
# Until when, what, and whether that may still be put off.
_told: dict[tuple[str, str], tuple[float, Any, bool]] = {}


def get_or_load(kind: str, key: str, ask: Callable[[], Answer], *, seconds: float = SECONDS) -> Answer:
    """The answer to ``ask``, at most ``seconds`` old, and twice ``GRACE`` while somebody asks. None is not remembered."""
    found, now = _told.get((kind, key)), clock.monotonic()
    if found is not None:
        answer: Answer = found[1]
        if found[0] > now:
            return answer
        if found[2] and found[0] > now - GRACE:
            _told[kind, key] = (now + GRACE, answer, False)
    answer = ask()
    if answer is None:
        _told.pop((kind, key), None)
    else:
        if len(_told) > MOST:
            _told.clear()
        _told[kind, key] = (clock.monotonic() + seconds, answer, True)
    return answer


def clear_process_cache() -> None:
    """Ask anew from now on, in this process."""
    _told.clear()
