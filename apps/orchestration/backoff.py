"""When to try again. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.core.randomness import uniform

BASE_S = 1.0
CAP_S = 60.0


def next_attempt(attempts: int, *, now: datetime) -> datetime:
    """Exponential from one second, capped at a minute, full jitter (so that a thundering herd spreads out)."""
    ceiling = min(CAP_S, BASE_S * 2 ** min(attempts, 10))
    return now + timedelta(seconds=uniform(0.1 * ceiling, ceiling))
