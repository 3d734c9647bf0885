"""What happens to clocks and policies, as facts for the event log."""

from __future__ import annotations

from typing import Any

from apps.core.outbox import Fact
from apps.sla.models import SlaPolicyVersion, SlaTimer

WARNED = "sla.warned"
BREACHED = "sla.breached"
PUBLISHED = "sla.policy_published"
CALENDAR_CHANGED = "sla.calendar_changed"
RETIMING = "sla.retiming_continued"


def timer_fact(name: str, timer: SlaTimer, data: dict[str, Any]) -> Fact:
    """A fact about a clock, on its order's timeline."""
    return Fact(name=name, subject_id=timer.pk, subject_ref=timer.subject_ref, stream=timer.stream, data=data)


def policy_fact(name: str, version: SlaPolicyVersion, data: dict[str, Any]) -> Fact:
    """A fact about a policy version, on a timeline of its own."""
    return Fact(name, version.pk, version.public_id, version.public_id, data)
