"""When the next alert of a case comes."""

from __future__ import annotations

from datetime import timedelta

from apps.casework.escalation import minutes_to_next
from apps.casework.models import ExceptionCase
from apps.core import database_clock

ALERT = ["escalation_level", "next_escalation_at"]


def restart_alert(case: ExceptionCase) -> None:
    """Somebody has it again: the next alert comes as if the last one had been now, and repeats count from the first."""
    policy = case.escalation
    if policy is None:
        return
    case.escalation_level = min(case.escalation_level, len(policy.levels))
    minutes = minutes_to_next(policy, case.escalation_level)
    case.next_escalation_at = None if minutes is None else database_clock.now() + timedelta(minutes=minutes)
