"""What the calls of a piece of work are about, for those that are made deep inside it and do not know: a shop's client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallContext:
    """``stream``: the order's public id; ``reference``: what exactly it is about; ``attempt``: of the work, from 1."""

    stream: str = ""
    reference: str = ""
    attempt: int = 1


NOTHING = CallContext()
_about = ContextVar("calls_about", default=NOTHING)


@contextmanager
def calls_about(stream: str, reference: str, *, attempt: int) -> Iterator[None]:
    """Calls made in here that name no order themselves are logged with this one."""
    token = _about.set(CallContext(stream, reference, attempt))
    try:
        yield
    finally:
        _about.reset(token)


def surroundings() -> CallContext:
    return _about.get()
