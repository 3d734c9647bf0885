"""How much time there is for calls. A run under a lease has to be over before somebody else may take it up.

The limit of one call alone is not enough: a shop is asked several things in one run, and each may take its time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from apps.core import clock

_ends_at: ContextVar[float] = ContextVar("outbound_deadline", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All calls made inside are over after so many seconds, together. Inside another one the earlier end counts."""
    token = _ends_at.set(min(_ends_at.get(), clock.monotonic() + seconds))
    try:
        yield
    finally:
        _ends_at.reset(token)


def left_s() -> float:
    """Seconds left for calls; infinite where nobody set an end."""
    return _ends_at.get() - clock.monotonic()
