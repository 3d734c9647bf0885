"""What happens to cases, as facts on the timeline of their order, or on their own where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.casework.models import ExceptionCase
from apps.core.outbox import Fact

OPENED = "case.opened"
TAKEN = "case.taken"
ASSIGNED = "case.assigned"
PRIORITIZED = "case.prioritized"
ACKNOWLEDGED = "case.acknowledged"
COMMENTED = "case.commented"
WAITING = "case.waiting"
RESUMED = "case.resumed"
LINKED = "case.linked"
MERGED = "case.merged"
ESCALATED = "case.escalated"
RESOLVED = "case.resolved"
DISMISSED = "case.dismissed"


def stream_of(case: ExceptionCase) -> str:
    """Whose timeline the case's events stand on: its order's, else its own. Needs the order at hand."""
    return case.order.public_id if case.order else case.public_id


def case_fact(name: str, case: ExceptionCase, data: Mapping[str, Any] | None = None) -> Fact:
    """A fact about ``case``; every one carries its type and severity. Needs the order at hand."""
    told = {"type": case.type, "severity": case.severity, **(data or {})}
    return Fact(name=name, subject_id=case.pk, subject_ref=case.public_id, stream=stream_of(case), data=told)
