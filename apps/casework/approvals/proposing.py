"""Proposing what somebody else has to agree to, and taking it back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from apps.accounts.models import User
from apps.casework import events, selectors
from apps.casework.approvals.errors import (
    AlreadyProposed,
    ApprovalDecided,
    ApprovalVoided,
    NoApprovalPolicy,
    UnknownKind,
)
from apps.casework.approvals.policies import policy_for
from apps.casework.approvals.registry import PERFORMERS, content_hash, name_of, version_of
from apps.casework.approvals.selectors import lock_approval, lock_approvals
from apps.casework.models import ApprovalPolicy, ApprovalRequest
from apps.casework.services.waiting import resume_cases, wait_case
from apps.casework.states import STANDING, ApprovalState, CaseState, WaitingOn
from apps.core import database_clock
from apps.core.actor import SYSTEM, Actor
from apps.core.bulk.bulk_insert import insert_rows
from apps.core.bulk.bulk_update import update_rows
from apps.core.errors import NotAllowed
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import atomic_unless_buffered, in_transaction, service
from apps.fulfillment.selectors import lock_of_orders
from apps.orders.selectors import lock_order

ENDING = ["state", "outcome", "ended_at"]


@service
def propose(
    *,
    kind: str,
    target_ref: str,
    target_version: int,
    payload: Mapping[str, Any],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    effect: Mapping[str, Any],
    reason: str,
    limits: Sequence[str] = (),
    amount_minor: int,
    currency: str,
    node: str = "",
    case_id: int | None = None,
    order_id: int | None = None,
    actor: Actor,
    user: User | None = None,
    may_be_automatic: bool = True,
) -> ApprovalRequest:
    """Put a proposal before those whom its policy names; where the policy asks nobody, it is approved and done at once.

    ``target_version``: what the maker saw (``registry.version_of``); 0: nothing to compare. The same proposal again is the
    first one; another one of the same maker replaces it. ``user``: the person, where they act through something else.
    Raises UnknownKind, NoApprovalPolicy, AlreadyProposed, ApprovalVoided, CaseClosed, and what performing refuses.
    """
    if kind not in PERFORMERS:
        raise UnknownKind(kind=kind)
    order = lock_order(order_id) if order_id is not None else None
    lock_of_orders([order_id] if order_id is not None else [])
    case = selectors.lock_standing_case(case_id) if case_id is not None else None
    policy = policy_for(kind, amount_minor, currency)
    if policy is None:
        raise NoApprovalPolicy(kind=name_of(kind))
    row = ApprovalRequest(
        kind=kind,
        case=case,
        order=order,
        target_ref=target_ref,
        target_version=target_version,
        payload=_plain(payload),
        before=_plain(before),
        after=_plain(after),
        effect=_plain(effect),
        reason=reason[:500],
        limits=[limit[:160] for limit in limits],
        amount_minor=amount_minor,
        currency=currency,
        node=node,
        made_by=f"staff:{user.public_id}" if user else str(actor),
        made_at=database_clock.now(),
    )
    _bind(row, policy)
    return _place(row, automatic=policy.automatic and may_be_automatic, actor=actor)


def _bind(row: ApprovalRequest, policy: ApprovalPolicy) -> None:
    """The proposal keeps the policy it was made under; a later change of the policy is for later proposals."""
    row.roles, row.needed, row.own_nodes_only = list(policy.roles), policy.approvers, policy.own_nodes_only
    row.expires_at = row.made_at + timedelta(hours=policy.expires_hours)
    row.payload_hash = content_hash(row)


def _place(row: ApprovalRequest, *, automatic: bool, actor: Actor) -> ApprovalRequest:
    now_at = version_of(row.target_ref)
    if now_at is None or (row.target_version and now_at != row.target_version):
        raise ApprovalVoided(why=Text("What it is about has changed."))
    standing = _standing(row, actor)
    if standing is not None:
        return standing
    insert_rows([row])
    fact = events.ApprovalRequested(automatic=automatic, amount_minor=row.amount_minor, currency=row.currency)
    record(events.approval_fact(row, fact), actor=actor)
    if automatic:
        PERFORMERS[row.kind](row, SYSTEM)
        end_approval(row, ApprovalState.APPROVED, "The policy approves this without asking anybody.", actor=SYSTEM)
    else:
        _wait(row, actor)
    return row


def _wait(row: ApprovalRequest, actor: Actor) -> None:
    if row.case is not None and row.case.state in STANDING:
        wait_case(row.case.pk, on=WaitingOn.APPROVAL, note=row.reason, actor=actor)


def resume_case_of(row: ApprovalRequest, *, actor: Actor) -> None:
    """The case goes on once its proposal has ended, if it still waits for that."""
    case = row.case
    if case is None or ApprovalRequest.objects.filter(case=case, state=ApprovalState.PENDING).exists():
        return
    case.refresh_from_db(fields=["state", "waiting_on"])
    if case.state == CaseState.WAITING and case.waiting_on == WaitingOn.APPROVAL:
        resume_cases([case.pk], actor=actor)


def _standing(row: ApprovalRequest, actor: Actor) -> ApprovalRequest | None:
    """A pending proposal for the same target: the same one, or one that the new one replaces."""
    rows = ApprovalRequest.objects.filter(kind=row.kind, target_ref=row.target_ref, state=ApprovalState.PENDING)
    for other in lock_approvals(rows.values_list("pk", flat=True)):
        if other.state != ApprovalState.PENDING:
            continue
        if other.made_by != row.made_by and other.expires_at > database_clock.now():
            raise AlreadyProposed(approval=other.public_id)
        if other.payload_hash == row.payload_hash and other.expires_at > database_clock.now():
            return other
        _replace(other, row, actor)
    return None


def _replace(other: ApprovalRequest, row: ApprovalRequest, actor: Actor) -> None:
    """Its case goes on, with bell and clock, unless it waits for the new one from now on."""
    if other.expires_at <= database_clock.now():
        end_approval(other, ApprovalState.EXPIRED, "", actor=actor)
    else:
        end_approval(other, ApprovalState.VOIDED, "Its maker proposed something else instead.", actor=actor)
    if other.case_id != row.case_id:
        resume_case_of(other, actor=actor)


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """As the database will give it back, so that the hash stays what it is."""
    return dict(json.loads(json.dumps(content)))


_ENDED: Mapping[str, type[events.ApprovalEnded]] = {
    ApprovalState.APPROVED: events.ApprovalApproved,
    ApprovalState.REJECTED: events.ApprovalRejected,
    ApprovalState.EXPIRED: events.ApprovalExpired,
    ApprovalState.WITHDRAWN: events.ApprovalWithdrawn,
    ApprovalState.VOIDED: events.ApprovalVoided,
}


@atomic_unless_buffered
def end_approval(row: ApprovalRequest, state: str, outcome: str, *, actor: Actor) -> None:
    """Bring a pending proposal, which the caller has locked, to its end and say so."""
    if state == ApprovalState.EXPIRED:
        row.expire()
    else:
        transitions = {
            ApprovalState.APPROVED: row.approve,
            ApprovalState.REJECTED: row.reject,
            ApprovalState.WITHDRAWN: row.withdraw,
            ApprovalState.VOIDED: row.void,
        }
        transitions[ApprovalState(state)](outcome)
    update_rows([row], ENDING)
    fact = _ENDED[state](outcome=row.outcome, amount_minor=row.amount_minor, currency=row.currency)
    record(events.approval_fact(row, fact), actor=actor)


@service
def withdraw_approval(approval_ref: str, *, actor: Actor) -> ApprovalRequest:
    """The maker takes the proposal back; twice is once. Raises ApprovalNotFound, ApprovalDecided, NotAllowed."""
    row = lock_approval(approval_ref)
    if row.state == ApprovalState.WITHDRAWN:
        return row
    if row.made_by != str(actor):
        raise NotAllowed(permission="to be the one who proposed it")
    if row.state != ApprovalState.PENDING:
        raise ApprovalDecided(state=row.state, outcome=row.outcome)
    end_approval(row, ApprovalState.WITHDRAWN, "Taken back by its maker.", actor=actor)
    resume_case_of(row, actor=actor)
    return row


@atomic_unless_buffered
def void_approvals_of(target_ref: str, *, why: str, actor: Actor) -> list[ApprovalRequest]:
    """Void what is pending about this target because it has changed; returns what was voided."""
    pending = ApprovalRequest.objects.filter(target_ref=target_ref, state=ApprovalState.PENDING)
    return _void(pending.values_list("pk", flat=True), why, actor)


@atomic_unless_buffered
def void_changed_approvals(order_ids: Iterable[int], *, actor: Actor) -> list[ApprovalRequest]:
    """Void the pending proposals about these orders whose target is no longer what their makers saw."""
    pending = ApprovalRequest.objects.filter(order_id__in=list(order_ids), state=ApprovalState.PENDING)
    changed = [pk for pk, ref, seen in pending.values_list("pk", "target_ref", "target_version") if _moved(ref, seen)]
    return _void(changed, "What it is about has changed.", actor)


@atomic_unless_buffered
def void_proposals_of_ended(case_ids: Iterable[int], *, actor: Actor) -> list[ApprovalRequest]:
    """Void what was to settle those of these cases that have ended otherwise. A refund is agreed on beside its case."""
    pending = ApprovalRequest.objects.filter(case__in=list(case_ids), state=ApprovalState.PENDING)
    moot = pending.exclude(case__state__in=STANDING).exclude(kind="refund")
    return _void(moot.values_list("pk", flat=True), "The case it was to settle has ended.", actor)


def _moved(target_ref: str, seen: int) -> bool:
    now_at = version_of(target_ref)
    return now_at is None or bool(seen and now_at != seen)


def _void(pks: Iterable[int], why: str, actor: Actor) -> list[ApprovalRequest]:
    rows = [row for row in lock_approvals(pks) if row.state == ApprovalState.PENDING]
    for row in rows:
        end_approval(row, ApprovalState.VOIDED, why, actor=actor)
        resume_case_of(row, actor=actor)
    return rows


def expire_due(limit: int = 200) -> int:
    """End proposals nobody decided in time, each in its own transaction; returns how many."""
    due = ApprovalRequest.objects.filter(state=ApprovalState.PENDING, expires_at__lte=database_clock.now())
    refs = list(due.order_by("expires_at").values_list("public_id", flat=True)[:limit])
    return sum(in_transaction(lambda ref=ref: _expire(ref)) for ref in refs)  # type: ignore[misc]


def _expire(approval_ref: str) -> bool:
    row = lock_approval(approval_ref)
    # Decided, or given more time, since it was listed.
    if row.state != ApprovalState.PENDING or row.expires_at > database_clock.now():
        return False
    end_approval(row, ApprovalState.EXPIRED, "", actor=SYSTEM)
    resume_case_of(row, actor=SYSTEM)
    return True
