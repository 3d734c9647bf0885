"""What happens to clocks and policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from apps.core.event_types import Ball, EventData, Subject, event
from apps.core.outbox import Fact
from apps.sla.models import SlaPolicyVersion, SlaTimer

CLOCK, POLICY = Subject.CLOCK, Subject.POLICY


class Alerts(TypedDict):
    """Who the policy says to notify at this point."""

    roles: Sequence[str]
    users: Sequence[str]
    mail: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockEvent(EventData):
    """``case``: the type of the case that is to be opened, or empty; ``node``: a code, or empty."""

    stage: str
    due_at: str
    node: str = ""
    case: str = ""
    alerts: Alerts | None = None


@event(
    "sla.warned",
    subject=CLOCK,
    ball=Ball.PERSON,
    says="About to be late: {stage}.",
    public=("stage", "due_at", "node", "case"),
)
class SlaWarned(ClockEvent):
    pass


@event(
    "sla.breached", subject=CLOCK, ball=Ball.PERSON, says="Late: {stage}.", public=("stage", "due_at", "node", "case")
)
class SlaBreached(ClockEvent):
    pass


@event(
    "sla.policy_published",
    subject=POLICY,
    enters="active",
    ball=Ball.SYSTEM,
    says="A new version of the SLA policy is in force.",
)
class SlaPolicyPublished(EventData):
    """``retime``: clocks that run are set by it too."""

    number: int
    retime: bool = False


@event(
    "sla.calendar_changed",
    subject=POLICY,
    ball=Ball.SYSTEM,
    says="Business hours have changed; running clocks are recalculated.",
)
class SlaCalendarChanged(EventData):
    """``hours``: a hash of all of them."""

    hours: str
    recount: bool = True


@event(
    "sla.retiming_continued",
    subject=POLICY,
    ball=Ball.SYSTEM,
    says="Running clocks are recalculated under the new policy.",
)
class SlaRetimingContinued(EventData):
    """``after``: the pk of the last clock that was done. Either ``retime`` or ``recount``."""

    after: int
    retime: bool | None = None
    recount: bool | None = None


def timer_fact(timer: SlaTimer, event: ClockEvent) -> Fact:
    """About a clock, on its order's timeline."""
    return Fact(event, timer.pk, timer.subject_ref, timer.stream)


def policy_fact(version: SlaPolicyVersion, event: EventData) -> Fact:
    """About a policy version, on a timeline of its own."""
    return Fact(event, version.pk, version.public_id, version.public_id)
