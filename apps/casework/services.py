"""Putting problems before people, one case per problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q

from apps.casework.errors import CaseClosed, CaseNotFound
from apps.casework.models import ExceptionCase
from apps.casework.states import DEFAULT_SEVERITY, STANDING, Severity
from apps.core import clock
from apps.core.actor import Actor
from apps.core.batch import insert_rows, save_rows
from apps.core.context import causes
from apps.core.outbox import Fact, record
from apps.core.retrying import joined


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in one ``sentence`` without personal data. ``subject_ref`` is what exactly it is about."""

    type: str
    subject_ref: str
    sentence: str
    order_id: int | None = None
    stream: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    severity: str = ""


def open_case(problem: Problem, *, actor: Actor) -> ExceptionCase:
    """Open one case, or add to the one standing for the same problem."""
    return open_cases([problem], actor=actor)[0]


@joined
def open_cases(problems: Sequence[Problem], *, actor: Actor) -> list[ExceptionCase]:
    """Open many cases at once; a problem that already has one standing adds to it."""
    unique = {(p.type, p.subject_ref): p for p in problems}
    standing = {(case.type, case.subject_ref): case for case in _lock_standing(unique)}
    repeats = [(standing[key], problem) for key, problem in unique.items() if key in standing]
    for case, problem in repeats:
        case.occurrences += 1
        case.last_seen_at, case.sentence, case.detail = clock.now(), problem.sentence[:500], dict(problem.detail)
    save_rows([case for case, _ in repeats], ["occurrences", "last_seen_at", "sentence", "detail"])
    # Two openers of the same problem: the partial unique index lets one in, the other's step runs again and adds.
    opened = insert_rows([_case(problem) for key, problem in unique.items() if key not in standing])
    new = {(case.type, case.subject_ref): case for case in opened}
    record(*[_fact("case.opened", new[key], unique[key].stream) for key in new], actor=actor)
    return [new.get(key) or standing[key] for key in unique]


def _lock_standing(keys: Iterable[tuple[str, str]]) -> list[ExceptionCase]:
    wanted = set(keys)
    rows = ExceptionCase.objects.select_for_update(no_key=True).filter(
        state__in=STANDING, subject_ref__in={ref for _, ref in wanted}
    )
    return [row for row in rows.order_by("pk") if (row.type, row.subject_ref) in wanted]


def _case(problem: Problem) -> ExceptionCase:
    cause = causes.get().get(problem.stream)
    return ExceptionCase(
        type=problem.type,
        severity=problem.severity or DEFAULT_SEVERITY.get(problem.type, Severity.MEDIUM),
        order_id=problem.order_id,
        subject_ref=problem.subject_ref,
        sentence=problem.sentence[:500],
        detail=dict(problem.detail),
        cause=cause.event_id if cause else None,
    )


def _fact(name: str, case: ExceptionCase, stream: str) -> Fact:
    data = {"type": case.type, "severity": case.severity}
    return Fact(name=name, subject_id=case.pk, subject_ref=case.public_id, stream=stream, data=data)


@joined
def clear_cases(subject_refs: Iterable[str], *, types: Iterable[str], resolution: str, actor: Actor) -> int:
    """Close what stands about these subjects because the cause went away by itself; says so. Answers how many."""
    rows = list(
        ExceptionCase.objects.select_for_update(no_key=True, of=("self",))
        .select_related("order")
        .filter(Q(subject_ref__in=list(subject_refs)) & Q(type__in=list(types)), state__in=STANDING)
        .order_by("pk")
    )
    for case in rows:
        case.resolve(resolution[:255])
    save_rows(rows, ["state", "resolution", "resolved_at"])
    record(*[_fact("case.resolved", case, case.order.public_id if case.order else "") for case in rows], actor=actor)
    return len(rows)


@transaction.atomic
def resolve_case(case_ref: str, *, resolution: str, dismiss: bool = False, actor: Actor) -> ExceptionCase:
    """A person says how it ended. Raises CaseNotFound, CaseClosed."""
    case = ExceptionCase.objects.select_for_update(no_key=True).filter(public_id=case_ref).first()
    if case is None:
        raise CaseNotFound(case=case_ref)
    if case.state not in STANDING:
        raise CaseClosed(state=case.state)
    if dismiss:
        case.dismiss(resolution[:255])
    else:
        case.resolve(resolution[:255])
    save_rows([case], ["state", "resolution", "resolved_at"])
    stream = case.order.public_id if case.order else ""
    record(_fact("case.dismissed" if dismiss else "case.resolved", case, stream), actor=actor)
    return case
