"""What is left of a case's time, in a word and an icon."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from apps.casework.models import ExceptionCase
from apps.casework.states import STANDING, CaseState
from apps.ui.chips import Chip
from apps.ui.wording import duration

SOON = timedelta(hours=1)


def clock_of(case: ExceptionCase, now: datetime) -> Chip:
    """Late, due soon, in time, paused while it waits, or without a clock."""
    if case.state not in STANDING:
        return Chip(_("Ended"), "check", "gray")
    due = case.next_due_at
    if due is None:
        if case.state == CaseState.WAITING:
            return (
                Chip(_("Paused, was late"), "pause", "red") if case.breached_at else Chip(_("Paused"), "pause", "gray")
            )
        if case.breached_at is not None:
            return Chip(_("Late by {span}").format(span=_short(now - case.breached_at)), "alert", "red")
        return Chip(_("No clock"), "minus", "gray")
    if due <= now:
        return Chip(_("Late by {span}").format(span=_short(now - due)), "alert", "red")
    left = _("{span} left").format(span=_short(due - now))
    if case.breached_at is not None:
        # The first clock has run out; the next still runs.
        return Chip(_("Was late, {left}").format(left=left), "alert", "red")
    return Chip(left, "clock", "amber" if due - now <= SOON else "green")


def _short(span: timedelta) -> str:
    return duration(timedelta(minutes=max(1, int(span.total_seconds() // 60))))
