"""Remembering for a second what every request asks: who holds this key, what that channel is.

A change is seen by this process at once where the writer calls ``forget``, and by every other within a second, or as
long as the asker said it may be old.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

Answer = TypeVar("Answer")

SECONDS = 1.0
MOST = 10_000
_told: dict[tuple[str, str], tuple[float, Any]] = {}


def remembered(kind: str, key: str, ask: Callable[[], Answer], *, seconds: float = SECONDS) -> Answer:
    """The answer to ``ask``, at most ``seconds`` old. An answer of None is not remembered."""
    found = _told.get((kind, key))
    if found is not None and found[0] > time.monotonic():
        answer: Answer = found[1]
        return answer
    answer = ask()
    if answer is not None:
        if len(_told) > MOST:
            _told.clear()
        _told[kind, key] = (time.monotonic() + seconds, answer)
    return answer


def forget() -> None:
    """Ask anew from now on, in this process."""
    _told.clear()
