"""What casework starts with, written where it never was: what operations changed or took away stays as they left it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models, transaction

from apps.casework import builtin_kinds, builtin_rules
from apps.casework.models import (
    ApprovalPolicy,
    CaseKind,
    EscalationPolicy,
    Queue,
    ResolutionRule,
)
from apps.casework.services.escalating import publish_escalation
from apps.core.actor import SYSTEM
from apps.core.bulk.bulk_insert import insert_rows
from apps.core.process_cache import clear_process_cache


@transaction.atomic
def ensure_casework() -> None:
    """Write what is missing of the built-in queues, kinds, escalation, resolution limits and approval policies."""
    escalation = _ensure_escalation()
    _ensure_queues(escalation)
    _ensure_kinds()
    _ensure_limits()
    _ensure_approvals()
    clear_process_cache()


def _ensure_escalation() -> EscalationPolicy:
    found = EscalationPolicy.objects.filter(code=builtin_rules.ESCALATION).first()
    if found is not None:
        return found
    version = publish_escalation(
        builtin_rules.ESCALATION,
        name=builtin_rules.ESCALATION_NAME,
        levels=builtin_rules.LEVELS,
        repeat_minutes=builtin_rules.REPEAT_MINUTES,
        repeat_limit=builtin_rules.REPEAT_LIMIT,
        actor=SYSTEM,
    )
    return version.policy


def _ever(model: type[models.Model], *fields: str) -> set[tuple[object, ...]]:
    """What there is or ever was: a limit that operations deleted must not come back with the next deployment."""
    return set(model.history.values_list(*fields))  # type: ignore[attr-defined]


def _ensure_queues(escalation: EscalationPolicy) -> None:
    ever = _ever(Queue, "code")
    insert_rows(
        [
            Queue(code=code, name=name, description=what, position=position, escalation=escalation)
            for position, (code, name, what) in enumerate(builtin_kinds.QUEUES, 1)
            if (code,) not in ever
        ]
    )


def _ensure_kinds() -> None:
    queues = {queue.code: queue for queue in Queue.objects.all()}
    there = set(CaseKind.objects.values_list("code", flat=True))
    insert_rows([_kind(one, queues.get(one.queue)) for one in builtin_kinds.BUILT_IN if one.code not in there])


def _kind(built_in: builtin_kinds.BuiltInKind, queue: Queue | None) -> CaseKind:
    return CaseKind(
        code=built_in.code,
        name=built_in.code.label,
        severity=built_in.severity,
        queue=queue,
        reason_codes=[*built_in.reasons.split(), *builtin_kinds.ALWAYS],
        playbook="\n\n".join(built_in.playbook),
        response_minutes=built_in.response,
        resolution_minutes=built_in.resolution,
        built_in=True,
    )


def _ensure_limits() -> None:
    ever = _ever(ResolutionRule, "resolution", "role")
    _insert(
        ResolutionRule(
            resolution=code, role=role, most_minor=most, most_margin_loss_minor=margin, own_nodes_only=own_only
        )
        for (code, role), (most, margin, own_only) in builtin_rules.resolution_limits().items()
        if (code, role) not in ever
    )


def _ensure_approvals() -> None:
    ever = _ever(ApprovalPolicy, "kind", "from_minor")
    _insert(
        ApprovalPolicy(
            kind=kind,
            from_minor=amount,
            roles=[role.value for role in roles],
            approvers=approvers,
            automatic=automatic,
            own_nodes_only=own_only,
            expires_hours=builtin_rules.EXPIRES_HOURS,
        )
        for kind, amount, roles, approvers, automatic, own_only in builtin_rules.APPROVALS
        if (kind, amount) not in ever
    )


def _insert(rows: Iterable[models.Model]) -> None:
    insert_rows(list(rows))
