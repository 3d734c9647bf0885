"""What is quarantined by kind of problem, and reading a kind again, from outside."""

from __future__ import annotations

from datetime import datetime

from apps.api.v1.base import Shape
from apps.contracts.models import ReplayJob
from apps.contracts.selectors import ProblemKind, outcomes


class ProblemKindOut(Shape):
    """Messages of one channel with the same thing wrong at the same place. ``key`` names the kind while there are such messages."""

    key: str
    channel: str
    path: str
    problem: str
    count: int
    first: datetime
    last: datetime


class ProblemKinds(Shape):
    """The most frequent first."""

    items: list[ProblemKindOut]


class ReplayOut(Shape):
    """A job that reads messages again. ``outcomes``: how many of those sent are what by now, by verdict."""

    id: str
    channel: str
    path: str
    problem: str
    state: str
    total: int
    sent: int
    outcomes: dict[str, int]
    made_by: str
    made_at: datetime
    finished_at: datetime | None


def problem_kind(one: ProblemKind) -> ProblemKindOut:
    return ProblemKindOut(
        key=one.key,
        channel=one.channel,
        path=one.path,
        problem=one.problem,
        count=one.count,
        first=one.first,
        last=one.last,
    )


def replay(job: ReplayJob) -> ReplayOut:
    return ReplayOut(
        id=job.public_id,
        channel=job.channel,
        path=job.path,
        problem=job.problem,
        state=job.state,
        total=job.total,
        sent=job.sent,
        outcomes=outcomes(job),
        made_by=job.created_by,
        made_at=job.created_at,
        finished_at=job.finished_at,
    )
