"""Cases that wait for somebody or something, and come back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from apps.casework import events, selectors
from apps.casework.errors import CaseRefused
from apps.casework.models import CaseComment, ExceptionCase
from apps.casework.services.alerts import restart_alert
from apps.casework.states import CaseState, WaitingOn
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import service

ALARM = Actor("system", "alarm_clock")
_WAITING = ["state", "waiting_on", "wait_until", "waiting_since", "first_response_at", "next_escalation_at"]


@service
def wait_case(
    case_id: int,
    *,
    on: str,
    until: datetime | None = None,
    note: str = "",
    expected_version: int | None = None,
    actor: Actor,
) -> ExceptionCase:
    """Put a case aside until somebody answers, stock arrives, or the moment ``until`` comes. Nobody is rung meanwhile.

    ``note`` becomes a comment. Raises CaseNotFound, CaseStale, CaseClosed, CaseRefused.
    """
    _refuse_odd(on, until)
    case = selectors.lock_standing_case(case_id, expected_version=expected_version)
    case.wait(on, until)
    case.next_escalation_at = None
    case.first_response_at = case.first_response_at or database_clock.now()
    update_rows([case], _WAITING)
    if note.strip():
        CaseComment.objects.create(case=case, author=str(actor), body=note.strip()[:5_000])
    fact = events.CaseWaiting(on=on, until=until.isoformat() if until else "")
    record(events.case_fact(case, fact), actor=actor)
    return case


def _refuse_odd(on: str, until: datetime | None) -> None:
    if on not in WaitingOn.values:
        raise CaseRefused(problem=Text("A case waits on one of {known}.", known=", ".join(WaitingOn.values)))
    if on == WaitingOn.TIME and until is None:
        raise CaseRefused(problem=Text("Say until when."))
    if until is not None and until <= database_clock.now():
        raise CaseRefused(problem=Text("That moment is over; choose one to come."))


@service
def resume_cases(case_ids: Collection[int], *, actor: Actor) -> list[ExceptionCase]:
    """What they waited for is here: waiting cases are open again, with their owners; others are left alone."""
    waiting = [case for case in selectors.lock_cases(case_ids) if case.state == CaseState.WAITING] if case_ids else []
    _resume(waiting, actor=actor)
    return waiting


@transaction.atomic
def wake_due(limit: int = 200) -> int:
    """Open again what waited until now, at most ``limit``; returns how many. Any number may run at once."""
    due = selectors.lock_free(Q(state=CaseState.WAITING, wait_until__lte=database_clock.now()))[:limit]
    _resume(list(due), actor=ALARM)
    return len(due)


@transaction.atomic
def wake_answered(limit: int = 200) -> int:
    """Open again what waits for a partner or a customer who has responded since; returns how many."""
    return len(resume_cases(selectors.answered(limit), actor=ALARM))


def _resume(cases: Sequence[ExceptionCase], *, actor: Actor) -> None:
    fact = [events.CaseResumed(on=case.waiting_on) for case in cases]
    for case in cases:
        case.reopen()
        restart_alert(case)
    update_rows(cases, [*_WAITING, "escalation_level"])
    record(*[events.case_fact(case, one) for case, one in zip(cases, fact, strict=True)], actor=actor)
