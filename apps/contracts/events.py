"""What happens when messages are read again by the hundred."""

from __future__ import annotations

from dataclasses import dataclass

from apps.contracts.models import ReplayJob
from apps.core.event_types import Ball, EventData, Subject, event
from apps.core.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayEvent(EventData):
    """Messages sent to be read again, and messages in all."""

    sent: int
    total: int


@event("replay.started", subject=Subject.REPLAY, ball=Ball.SYSTEM, says="Messages are to be read again.")
class ReplayStarted(ReplayEvent):
    pass


@event("replay.continued", subject=Subject.REPLAY, ball=Ball.SYSTEM, says="The next of the messages are read again.")
class ReplayContinued(ReplayEvent):
    pass


def replay_fact(job: ReplayJob, kind: type[ReplayEvent]) -> Fact:
    return Fact(kind(sent=job.sent, total=job.total), job.pk, job.public_id, job.public_id)
