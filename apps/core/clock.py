"""The one clock: what time it is, how much of it has passed, and waiting. Everything is aware UTC.

Services ask it, tests move it, and a simulation (``simulated``) lets time pass by waiting only. Randomness that no secret rests
on comes from ``core/randomness.py``, ids from ``core/ids.py``; a test names the few that may go past these three.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_offset: ContextVar[timedelta] = ContextVar("clock_offset", default=timedelta(0))
_frozen: ContextVar[datetime | None] = ContextVar("clock_frozen", default=None)
_simulated: ContextVar[bool] = ContextVar("clock_simulated", default=False)
# A whole process can be given a wrong clock, for the tests that ask what ten minutes of skew do.
_SKEW = timedelta(seconds=float(os.environ.get("ORDERYARD_CLOCK_SKEW", "0")))


def now() -> datetime:
    """The present moment in UTC."""
    frozen = _frozen.get()
    return frozen if frozen is not None else of_process() + _offset.get()


def of_process() -> datetime:
    """What this process's own clock says, however tests moved the present."""
    return datetime.now(UTC) + _SKEW


def monotonic() -> float:
    """Seconds since some moment, for measuring how long something takes: never jumps, whatever the present does."""
    return now().timestamp() if _simulated.get() else time.monotonic()


def sleep(seconds: float) -> None:
    """Wait. In a simulation the present moves instead."""
    if _simulated.get():
        _frozen.set(now() + timedelta(seconds=seconds))
    else:
        time.sleep(seconds)


def frozen_at() -> datetime | None:
    """Where the clock stands still in this thread, if it does."""
    return _frozen.get()


@contextmanager
def moved(by: timedelta) -> Iterator[None]:
    """Inside the block, this thread's clock runs ``by`` ahead."""
    token = _offset.set(_offset.get() + by)
    try:
        yield
    finally:
        _offset.reset(token)


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Inside the block, this thread's clock stands still at ``at`` (aware)."""
    token = _frozen.set(at.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)


@contextmanager
def simulated(start: datetime) -> Iterator[None]:
    """Inside the block, this thread's time begins at ``start`` (aware) and passes by ``sleep`` only."""
    token = _simulated.set(True)
    try:
        with frozen(start):
            yield
    finally:
        _simulated.reset(token)
