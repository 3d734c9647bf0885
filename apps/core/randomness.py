"""Chance that no secret rests on: the spread of retries, and what makes public ids unique. A simulation seeds it.

Tokens and signing secrets come from Python's ``secrets``, which nothing can seed.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_seeded: ContextVar[random.Random | None] = ContextVar("randomness", default=None)


def uniform(low: float, high: float) -> float:
    """A number from ``low`` to ``high``."""
    source = _seeded.get()
    return source.uniform(low, high) if source is not None else random.uniform(low, high)


def random_bytes(count: int) -> bytes:
    source = _seeded.get()
    return source.randbytes(count) if source is not None else os.urandom(count)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Inside the block, this thread's chance is the same each time."""
    token = _seeded.set(random.Random(seed))
    try:
        yield
    finally:
        _seeded.reset(token)
