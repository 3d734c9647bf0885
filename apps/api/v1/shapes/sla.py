"""SLA clocks and policies from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.api.v1.base import PageOf, Shape
from apps.sla.models import SlaPolicyVersion, SlaTimer


class SlaTimerOut(Shape):
    """One clock: a stage of one subject. ``left_s``: open seconds left when it was paused; null while it runs."""

    stage: str
    state: str
    subject: str
    order: str | None
    node: str | None
    policy: str
    rule: int
    started_at: datetime
    due_at: datetime
    warn_at: datetime | None
    paused_at: datetime | None
    left_s: int | None
    warned_at: datetime | None
    breached_at: datetime | None
    stopped_at: datetime | None


class SlaTimerPage(PageOf[SlaTimerOut]):
    """SLA clocks."""


class SlaPolicySummary(Shape):
    """One version of the SLA policy. ``retimes``: clocks already running were retimed under it."""

    id: str
    number: int
    state: str
    note: str
    retimes: bool
    created_by: str
    created_at: datetime
    activated_at: datetime | None


class SlaPolicyOut(SlaPolicySummary):
    """``content``: its rules and watches."""

    content: dict[str, Any]


class SlaPolicyPage(PageOf[SlaPolicySummary]):
    """Versions of the SLA policy."""


_OF_TIMER = sorted(SlaTimerOut.model_fields.keys() - {"subject", "order", "node", "policy"})
_OF_POLICY = sorted(SlaPolicySummary.model_fields.keys() - {"id"})


def timer(row: SlaTimer) -> SlaTimerOut:
    """Needs node and policy at hand."""
    return SlaTimerOut(
        subject=row.subject_ref,
        order=row.stream if row.stream.startswith("ord_") else None,
        node=row.node.code if row.node else None,
        policy=row.policy.public_id,
        **{name: getattr(row, name) for name in _OF_TIMER},
    )


def policy_summary(row: SlaPolicyVersion) -> SlaPolicySummary:
    return SlaPolicySummary(id=row.public_id, **{name: getattr(row, name) for name in _OF_POLICY})


def policy(row: SlaPolicyVersion) -> SlaPolicyOut:
    same = {name: getattr(row, name) for name in _OF_POLICY}
    return SlaPolicyOut(id=row.public_id, content=row.content, **same)
