"""The one clock of all processes: the database's. What is due, expires or may be tried again is judged by it.

A process whose own clock is right within half a second goes by that. Otherwise its error, asked for now and then and whenever
its clock jumps, is taken off: a worker whose clock is ten minutes fast alerts, expires and retries nothing early.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from django.db import connection

from apps.core import clock

NEAR_ENOUGH = timedelta(seconds=0.5)
ASK_AGAIN_S = 10.0


@dataclass
class _Known:
    """``error``: how far this process is ahead of the database. ``drift``: its clock against the one that never jumps."""

    error: timedelta = timedelta(0)
    asked_at: float = float("-inf")
    drift: float = 0.0


_known = _Known()


def now() -> datetime:
    """The present moment by the database's clock; as tests moved or froze it."""
    frozen = clock.frozen_at()
    return frozen if frozen is not None else clock.now() - _error()


def _error() -> timedelta:
    beat = time.monotonic()
    drift = clock.of_process().timestamp() - beat
    jumped = abs(drift - _known.drift) > NEAR_ENOUGH.total_seconds()
    if jumped or beat - _known.asked_at > ASK_AGAIN_S:
        _ask(beat, drift)
    return _known.error


def _ask(beat: float, drift: float) -> None:
    connection.ensure_connection()
    before = clock.of_process()
    try:
        # Past Django's cursor: this is no query of whoever happens to ask.
        row = connection.connection.execute("SELECT clock_timestamp()").fetchone()
    except psycopg.Error:
        # The transaction is spoiled already; what was known still holds.
        return
    ahead = before - row[0]
    _known.error = ahead if abs(ahead) > NEAR_ENOUGH else timedelta(0)
    _known.asked_at, _known.drift = beat, drift
