"""What is left of a case's time, in a word and an icon. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.casework.models import ExceptionCase
from apps.casework.states import STANDING, CaseState
from apps.console.chips import Chip
from apps.console.wording import duration

SOON = timedelta(hours=1)


def clock_of(case: ExceptionCase, now: datetime) -> Chip:
    """Late, due soon, in time, paused while it waits, or without a clock."""
    if case.state not in STANDING:
        return Chip("Ended", "check", "gray")
    due = case.next_due_at
    if due is None:
        if case.state == CaseState.WAITING:
            return Chip("Paused, was late", "pause", "red") if case.breached_at else Chip("Paused", "pause", "gray")
        if case.breached_at is not None:
            return Chip(f"Late by {_short(now - case.breached_at)}", "alert", "red")
        return Chip("No clock", "minus", "gray")
    if due <= now:
        return Chip(f"Late by {_short(now - due)}", "alert", "red")
    left = f"{_short(due - now)} left"
    if case.breached_at is not None:
        # The first clock has run out; the next still runs.
        return Chip(f"Was late, {left}", "alert", "red")
    return Chip(left, "clock", "amber" if due - now <= SOON else "green")


def _short(span: timedelta) -> str:
    return duration(timedelta(minutes=max(1, int(span.total_seconds() // 60))))
