"""What happens to cases and proposals, on the timeline of their order, or on their own where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apps.casework.models import ApprovalRequest, ExceptionCase
from apps.core.event_types import Ball, EventData, Subject, event
from apps.core.outbox import Fact

CASE, APPROVAL = Subject.CASE, Subject.APPROVAL


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent(EventData):
    """``type`` and ``severity`` of the case; filled in by ``case_fact``."""

    type: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseActionEvent(CaseEvent):
    """``action``: the pk of what was chosen, ``ref`` its public id, ``code`` the resolution."""

    action: int
    ref: str
    code: str
    by_rule: bool = False


@event(
    "case.opened",
    subject=CASE,
    enters="open",
    ball=Ball.PERSON,
    says="Exception opened: {type}.",
    public=("type", "severity"),
)
class CaseOpened(CaseEvent):
    pass


@event(
    "case.taken",
    subject=CASE,
    enters="in_progress",
    ball=Ball.PERSON,
    says="Somebody works on the exception: {type}.",
    public=("type", "severity", "owner"),
)
class CaseTaken(CaseEvent):
    owner: str


@event(
    "case.assigned",
    subject=CASE,
    ball=Ball.PERSON,
    says="Exception assigned or moved: {type}.",
    public=("type", "severity", "owner", "queue"),
)
class CaseAssigned(CaseEvent):
    """``owner`` empty: nobody any more. Of ``owner`` and ``queue`` what was left as it was is None."""

    owner: str | None = None
    queue: str | None = None
    by_rule: bool | None = None


@event(
    "case.prioritized",
    subject=CASE,
    ball=Ball.PERSON,
    says="Exception priority changed: {type}.",
    public=("type", "severity", "priority"),
)
class CasePrioritized(CaseEvent):
    priority: int


@event(
    "case.acknowledged",
    subject=CASE,
    ball=Ball.PERSON,
    says="Exception acknowledged: {type}.",
    public=("type", "severity"),
)
class CaseAcknowledged(CaseEvent):
    pass


@event(
    "case.commented",
    subject=CASE,
    ball=Ball.PERSON,
    says="A comment on the exception: {type}.",
    public=("type", "severity", "comment"),
)
class CaseCommented(CaseEvent):
    comment: str
    mentions: Sequence[str] = ()


@event(
    "case.waiting",
    subject=CASE,
    enters="waiting",
    ball=Ball.NOBODY,
    says="Exception put aside: {type}.",
    public=("type", "severity", "on", "until"),
)
class CaseWaiting(CaseEvent):
    """``on``: what it waits for; ``until``: a moment, or empty."""

    on: str
    until: str = ""


@event(
    "case.resumed",
    subject=CASE,
    enters="open",
    ball=Ball.PERSON,
    says="Exception back from waiting: {type}.",
    public=("type", "severity", "on"),
)
class CaseResumed(CaseEvent):
    on: str


@event(
    "case.linked",
    subject=CASE,
    ball=Ball.PERSON,
    says="Exception linked to another: {type}.",
    public=("type", "severity", "other"),
)
class CaseLinked(CaseEvent):
    other: str


@event(
    "case.merged",
    subject=CASE,
    ball=Ball.PERSON,
    says="Other exceptions were merged into this one: {type}.",
    public=("type", "severity", "merged"),
)
class CaseMerged(CaseEvent):
    merged: Sequence[str]


@event(
    "case.escalated",
    subject=CASE,
    ball=Ball.PERSON,
    says="Exception escalated: {type}.",
    public=("type", "severity", "level"),
)
class CaseEscalated(CaseEvent):
    """Who is notified: by ``roles``, by ``users``; ``levels_without_people``: those before it that nobody is left on."""

    level: int = 1
    roles: Sequence[str] = ()
    users: Sequence[str] = ()
    mail: bool = True
    levels_without_people: Sequence[int] = ()


@event(
    "case.resolved",
    subject=CASE,
    enters="resolved",
    ball=Ball.NOBODY,
    says="Exception resolved: {type}.",
    public=("type", "severity", "reason", "resolution", "by_itself", "merged_into"),
)
class CaseResolved(CaseEvent):
    """``reason`` and ``resolution``: codes. ``by_itself``: its cause went away."""

    reason: str | None = None
    resolution: str | None = None
    by_itself: bool | None = None
    merged_into: str | None = None


@event(
    "case.dismissed",
    subject=CASE,
    enters="dismissed",
    ball=Ball.NOBODY,
    says="Exception dismissed: {type}.",
    public=("type", "severity", "reason", "resolution"),
)
class CaseDismissed(CaseEvent):
    reason: str
    resolution: str


@event(
    "case.action_chosen",
    subject=CASE,
    ball=Ball.SYSTEM,
    says="{code} was chosen: {type}.",
    public=("type", "severity", "ref", "code", "by_rule"),
)
class CaseActionChosen(CaseActionEvent):
    pass


@event(
    "case.action_undone",
    subject=CASE,
    ball=Ball.PERSON,
    says="{code} was taken back: {type}.",
    public=("type", "severity", "ref", "code", "by_rule"),
)
class CaseActionUndone(CaseActionEvent):
    pass


@event(
    "case.action_done",
    subject=CASE,
    ball=Ball.NOBODY,
    says="{code} was carried out: {type}.",
    public=("type", "severity", "ref", "code", "by_rule"),
)
class CaseActionDone(CaseActionEvent):
    pass


@event(
    "case.action_refused",
    subject=CASE,
    ball=Ball.PERSON,
    says="{code} could not be carried out: {type}.",
    public=("type", "severity", "ref", "code", "by_rule"),
)
class CaseActionRefused(CaseActionEvent):
    pass


@event(
    "case.retry_wanted",
    subject=CASE,
    ball=Ball.SYSTEM,
    says="A retry of stopped jobs was requested.",
    public=("type", "severity"),
)
class CaseRetryWanted(CaseEvent):
    """``about``: the stream whose stopped steps are meant, or the one ``run``."""

    about: str
    run: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalEvent(EventData):
    """What is proposed, by whom, and who may decide; filled in by ``approval_fact``."""

    kind: str = ""
    made_by: str = ""
    roles: Sequence[str] = ()
    node: str = ""
    case: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalEnded(ApprovalEvent):
    """``outcome``: the sentence it ended with."""

    outcome: str = ""
    amount_minor: int | None = None
    currency: str = ""


@event(
    "approval.requested",
    subject=APPROVAL,
    enters="pending",
    ball=Ball.PERSON,
    says="Approval requested.",
    public=("kind", "case"),
)
class ApprovalRequested(ApprovalEvent):
    automatic: bool = False
    amount_minor: int | None = None
    currency: str = ""


@event("approval.seconded", subject=APPROVAL, ball=Ball.PERSON, says="One of two has agreed.", public=("kind", "case"))
class ApprovalSeconded(ApprovalEvent):
    pass


@event(
    "approval.approved",
    subject=APPROVAL,
    enters="approved",
    ball=Ball.NOBODY,
    says="Approved, and done.",
    public=("kind", "case"),
)
class ApprovalApproved(ApprovalEnded):
    pass


@event(
    "approval.rejected",
    subject=APPROVAL,
    enters="rejected",
    ball=Ball.PERSON,
    says="Rejected.",
    public=("kind", "case"),
)
class ApprovalRejected(ApprovalEnded):
    pass


@event(
    "approval.expired",
    subject=APPROVAL,
    enters="expired",
    ball=Ball.PERSON,
    says="Nobody decided in time; the proposal is over.",
    public=("kind", "case"),
)
class ApprovalExpired(ApprovalEnded):
    pass


@event(
    "approval.withdrawn",
    subject=APPROVAL,
    enters="withdrawn",
    ball=Ball.NOBODY,
    says="The proposal was withdrawn.",
    public=("kind", "case"),
)
class ApprovalWithdrawn(ApprovalEnded):
    pass


@event(
    "approval.voided",
    subject=APPROVAL,
    enters="voided",
    ball=Ball.PERSON,
    says="The proposal is void: what it was about has changed.",
    public=("kind", "case"),
)
class ApprovalVoided(ApprovalEnded):
    pass


def stream_of(case: ExceptionCase) -> str:
    """Whose timeline the case's events stand on: its order's, else its own. Needs the order at hand."""
    return case.order.public_id if case.order else case.public_id


def case_fact(case: ExceptionCase, event: CaseEvent) -> Fact:
    """Something that happened to ``case``. Needs the order at hand."""
    about = replace(event, type=case.type, severity=case.severity)
    return Fact(about, case.pk, case.public_id, stream_of(case))


def approval_fact(row: ApprovalRequest, event: ApprovalEvent) -> Fact:
    """Something that happened to one proposal, on the timeline of the order (or case) it is about."""
    stream = row.order.public_id if row.order else row.case.public_id if row.case else row.public_id
    about = replace(
        event,
        kind=row.kind,
        made_by=row.made_by,
        roles=list(row.roles),
        node=row.node,
        case=row.case.public_id if row.case else None,
    )
    return Fact(about, row.pk, row.public_id, stream)
