"""What happens to steps, and to the system itself."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.event_types import Ball, EventData, Subject, event
from apps.core.outbox import Fact
from apps.orchestration.models import Redrive, StepRun


@event("step.retried", subject=Subject.RUN, ball=Ball.SYSTEM, says="A failed job was retried: {step}.")
class StepRetried(EventData):
    """``code``: why it had stopped."""

    step: str
    run: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedriveEvent(EventData):
    """Of failed jobs and deliveries: started again, and in all."""

    sent: int
    total: int


@event("redrive.started", subject=Subject.SYSTEM, ball=Ball.SYSTEM, says="Failed jobs are to be retried.")
class RedriveStarted(RedriveEvent):
    pass


@event("redrive.continued", subject=Subject.SYSTEM, ball=Ball.SYSTEM, says="The next of the failed jobs are retried.")
class RedriveContinued(RedriveEvent):
    pass


def redrive_fact(job: Redrive, kind: type[RedriveEvent]) -> Fact:
    return Fact(kind(sent=job.sent, total=job.total), job.pk, job.public_id, job.public_id)


@event(
    "contract.ending",
    subject=Subject.CONTRACT,
    ball=Ball.PERSON,
    says="The contract of {title} {version} is ended by its vendor on {ends_on}.",
)
class ContractEnding(EventData):
    """``ends_on``: the day, as ISO 8601 has it; ``ahead``: how many days before at most; ``breaks``: what stops then."""

    title: str
    version: str
    ends_on: str
    ahead: int
    breaks: str


@event("canary.sent", subject=Subject.SYSTEM, ball=Ball.SYSTEM, says="The system checked itself.")
class CanarySent(EventData):
    pass


def retried_fact(run: StepRun) -> Fact:
    fact = StepRetried(step=run.step, run=run.pk, code=run.error_code)
    return Fact(fact, run.pk, f"run:{run.pk}", run.stream)
