"""Deciding a proposal: yes or no, by somebody other than its maker, on exactly what was proposed."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from django.utils.translation import gettext_noop

from apps.accounts.caller import Caller
from apps.accounts.models import User
from apps.casework import events
from apps.casework.approvals.errors import (
    AlreadyVoted,
    ApprovalDecided,
    ApprovalVoided,
    MayNotDecide,
    ReasonNeeded,
    SelfApproval,
)
from apps.casework.approvals.proposing import end_approval, resume_case_of
from apps.casework.approvals.registry import OVERTAKEN, PERFORMERS, content_hash, version_of
from apps.casework.approvals.selectors import agreed_by, approval_by_ref, can_decide, is_maker, lock_approval
from apps.casework.models import ApprovalRequest, ApprovalVote
from apps.casework.states import ApprovalState
from apps.core import database_clock
from apps.core.bulk.bulk_update import update_rows
from apps.core.errors import DomainError, StaleVersion
from apps.core.outbox import record
from apps.core.transactions import in_transaction

security = structlog.get_logger("security")


def decide_approval(
    approval_ref: str,
    *,
    approve: bool,
    reason: str = "",
    expected_version: int | None = None,
    user: User | None,
    caller: Caller,
) -> ApprovalRequest:
    """Say yes or no to a proposal. The last yes that is needed carries it out in the same transaction.

    ``expected_version``: the version the person was looking at. A repeat of one's own decision is that decision. Where the
    target has changed, the proposal is voided, which stands although the caller is refused (unless the caller's own
    transaction ends with the refusal). Raises ApprovalNotFound, SelfApproval (403, noted in the security log), MayNotDecide
    (403), StaleVersion (412), ApprovalDecided, ApprovalVoided, AlreadyVoted (409), ReasonNeeded (422: a no needs one), and
    what performing refuses; then nothing has changed.
    """
    _refuse_maker(approval_by_ref(approval_ref), caller, user)
    if not approve and not reason.strip():
        raise ReasonNeeded()
    decision = _Decision(approve, reason, expected_version)
    row, refusal = in_transaction(lambda: _decide(approval_ref, decision, user, caller))
    if refusal is not None:
        raise refusal
    return row


@dataclass(frozen=True, slots=True)
class _Decision:
    approve: bool
    reason: str
    expected_version: int | None


def _decide(
    approval_ref: str, decision: _Decision, user: User | None, caller: Caller
) -> tuple[ApprovalRequest, DomainError | None]:
    """What became of it, and the refusal to raise once that is committed."""
    row = lock_approval(approval_ref)
    if _repeated(row, decision.approve, user):
        return row, None
    _refuse_ended(row)
    if decision.expected_version is not None and row.version != decision.expected_version:
        raise StaleVersion(current=row.version)
    _refuse_unless_allowed(row, caller, user)
    refusal = _overtaken(row, decision, caller)
    if refusal is None and user is not None:
        _vote(row, decision, user, caller)
    return row, refusal


def _refuse_maker(row: ApprovalRequest, caller: Caller, user: User | None) -> None:
    if user is not None and is_maker(row, caller, user):
        security.warning("self_approval_refused", approval=row.public_id, kind=row.kind, actor=str(caller.actor))
        raise SelfApproval()


def _repeated(row: ApprovalRequest, approve: bool, user: User | None) -> bool:
    """Whether this is the decision the same person has taken already, sent again."""
    wanted = ApprovalState.APPROVED if approve else ApprovalState.REJECTED
    return user is not None and row.state == wanted and row.votes.filter(user=user, approve=approve).exists()


def _refuse_ended(row: ApprovalRequest) -> None:
    if row.state == ApprovalState.VOIDED:
        raise ApprovalVoided(why=row.outcome)
    if row.state != ApprovalState.PENDING:
        raise ApprovalDecided(state=row.get_state_display().lower(), outcome=row.outcome)


def _refuse_unless_allowed(row: ApprovalRequest, caller: Caller, user: User | None) -> None:
    # Expiry is judged after this, because it changes the row.
    if row.expires_at <= database_clock.now():
        return
    allowed, why = can_decide(row, caller, user)
    if allowed:
        return
    if user is not None and row.votes.filter(user=user).exists():
        raise AlreadyVoted()
    raise MayNotDecide(why=why)


def _overtaken(row: ApprovalRequest, decision: _Decision, caller: Caller) -> DomainError | None:
    """End a proposal that time or a change has overtaken; returns the refusal to raise once that is committed."""
    if row.expires_at <= database_clock.now():
        end_approval(row, ApprovalState.EXPIRED, "", actor=caller.actor)
        resume_case_of(row, actor=caller.actor)
        return ApprovalDecided(state="expired", outcome=row.outcome)
    now_at = version_of(row.target_ref)
    changed = now_at is None or (row.target_version and row.target_version != now_at)
    if changed or content_hash(row) != row.payload_hash:
        return _void(row, "What it is about has changed.", caller)
    # More than a version: a level, a tariff, a cost may have moved under an order that stands as it stood.
    why = OVERTAKEN[row.kind](row) if decision.approve else ""
    return _void(row, why, caller) if why else None


def _void(row: ApprovalRequest, why: str, caller: Caller) -> DomainError:
    end_approval(row, ApprovalState.VOIDED, why, actor=caller.actor)
    resume_case_of(row, actor=caller.actor)
    return ApprovalVoided(why=why)


def _vote(row: ApprovalRequest, decision: _Decision, user: User, caller: Caller) -> None:
    approve, reason = decision.approve, decision.reason
    ApprovalVote.objects.create(request=row, user=user, approve=approve, reason=reason[:500])
    if not approve:
        end_approval(row, ApprovalState.REJECTED, reason, actor=caller.actor)
    elif len(agreed_by(row)) < row.needed:
        # Only the version moves: whoever looked at it before this yes looks again.
        update_rows([row], ["needed"])
        record(events.approval_fact(row, events.ApprovalSeconded()), actor=caller.actor)
        return
    else:
        PERFORMERS[row.kind](row, caller.actor)
        end_approval(row, ApprovalState.APPROVED, reason or gettext_noop("Approved."), actor=caller.actor)
    resume_case_of(row, actor=caller.actor)
