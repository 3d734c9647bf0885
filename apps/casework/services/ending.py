"""How cases end by a person's word: resolved, dismissed, merged into another."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from apps.accounts.models import User
from apps.casework import events, selectors
from apps.casework.errors import CaseRefused
from apps.casework.models import CaseKind, CaseLink, ExceptionCase
from apps.casework.states import MERGED, CaseState, holds_of
from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import service
from apps.orders.selectors import standing_holds

TAKEN_ALONG = ["escalation", "escalation_level", "next_escalation_at"]
STILL_HELD = Text(
    "The order is still on hold for this: release the hold or cancel the order, and the case ends with it."
)
STILL_STUCK = Text(
    "Undoing it is still stuck: call them and say what was done (Undone by hand), and the case closes with it."
)
# All that ending a case writes.
ENDING = [
    "state",
    "owner",
    "detail",
    "resolution",
    "resolution_code",
    "reason_code",
    "resolved_at",
    "waiting_on",
    "wait_until",
    "waiting_since",
    "first_response_at",
    "next_due_at",
    "next_escalation_at",
    "merged_into",
]


@service
def resolve_case(
    case_ref: str,
    *,
    resolution: str,
    reason_code: str = "",
    resolution_code: str = "",
    dismiss: bool = False,
    worked_by: str = "",
    expected_version: int | None = None,
    actor: Actor,
) -> ExceptionCase:
    """A person says how it ended, and why it had happened. Raises CaseNotFound, CaseStale, CaseClosed, CaseRefused.

    ``reason_code``: one of those of the case's kind, or empty. ``resolution_code``: the resolution that ended it.
    ``worked_by``: who settled it, as an actor's text, where that is not the ``actor``: theirs it is if it was nobody's.
    """
    case = selectors.lock_case_by_ref(case_ref, expected_version=expected_version)
    selectors.refuse_ended(case)
    _refuse_unknown_reason(case.type, reason_code)
    _refuse_while_held(case)
    _refuse_while_in_doubt(case)
    _refuse_while_stuck(case)
    case.reason_code, case.resolution_code = reason_code, resolution_code
    if dismiss:
        case.dismiss(resolution[:255])
    else:
        case.resolve(resolution[:255])
    case.first_response_at = case.first_response_at or case.resolved_at
    _own([case], worked_by or str(actor))
    update_rows([case], ENDING)
    kind = events.CaseDismissed if dismiss else events.CaseResolved
    record(events.case_fact(case, kind(reason=reason_code, resolution=resolution_code)), actor=actor)
    return case


def _own(cases: Iterable[ExceptionCase], worked_by: str) -> None:
    """What was nobody's is theirs who settled it: whom colleagues ask about it later."""
    kind, _, name = worked_by.partition(":")
    free = [case for case in cases if case.owner_id is None]
    if kind == "staff" and free:
        owner = User.objects.filter(public_id=name).first()
        for case in free:
            case.owner = owner


def _refuse_while_held(case: ExceptionCase) -> None:
    """The order stands still for it: nobody would find it again."""
    reasons = holds_of(case.type) if case.order_id is not None else ()
    if reasons and standing_holds(case.order_id or 0).filter(reason__in=reasons).exists():
        raise CaseRefused(problem=STILL_HELD)


def _refuse_while_in_doubt(case: ExceptionCase) -> None:
    """The node would get no orders for it any more, and nobody would know why."""
    if selectors.is_in_doubt(case):
        raise CaseRefused(
            problem=Text("The level is still in doubt: book what was counted, and the case closes with it.")
        )


def _refuse_while_stuck(case: ExceptionCase) -> None:
    """It would be tried for ever, and nobody would call them before it ships."""
    if selectors.is_stuck(case):
        raise CaseRefused(problem=STILL_STUCK)


def _refuse_unknown_reason(kind: str, reason_code: str) -> None:
    if not reason_code:
        return
    known = CaseKind.objects.filter(code=kind).values_list("reason_codes", flat=True).first()
    if known is not None and reason_code not in known:
        raise CaseRefused(
            problem=Text(
                "{code} is no reason for this kind of case; there are {known}.",
                code=reason_code,
                known=", ".join(known) or Text("none"),
            )
        )


@service
def merge_cases(into_id: int, *, others: Collection[int], actor: Actor) -> ExceptionCase:
    """Close ``others`` into one case, which counts their problems from now on. Raises CaseNotFound, CaseClosed, CaseRefused.

    All of them must still stand; comments stay where they were written, linked to the one that goes on.
    """
    if not others or into_id in others:
        raise CaseRefused(problem=Text("Choose at least one other case to merge into this one."))
    cases = selectors.lock_all_of({into_id, *others})
    for case in cases.values():
        selectors.refuse_ended(case)
    into = cases.pop(into_id)
    for case in cases.values():
        _refuse_while_stuck(case)
        _take_along(case, into)
        _merge(case, into)
    _own(cases.values(), str(actor))
    into.priority = min(into.priority, *(case.priority for case in cases.values()))
    update_rows(list(cases.values()), ENDING)
    update_rows([into], ["occurrences", "last_seen_at", "priority", *TAKEN_ALONG])
    # What went into one of them before goes on with it.
    ExceptionCase.objects.filter(merged_into__in=cases.keys()).update(merged_into=into)
    _link(into.pk, cases.keys(), actor=actor)
    gone = [events.case_fact(case, events.CaseResolved(merged_into=into.public_id)) for case in cases.values()]
    refs = [case.public_id for case in cases.values()]
    record(*gone, events.case_fact(into, events.CaseMerged(merged=refs)), actor=actor)
    return into


def _take_along(case: ExceptionCase, into: ExceptionCase) -> None:
    """Who was to be alerted sooner of the one that goes, is alerted then of the one that stays."""
    if into.state == CaseState.WAITING or case.next_escalation_at is None:
        return
    if into.next_escalation_at is None or case.next_escalation_at < into.next_escalation_at:
        into.escalation_id, into.escalation_level = case.escalation_id, case.escalation_level
        into.next_escalation_at = case.next_escalation_at


def _merge(case: ExceptionCase, into: ExceptionCase) -> None:
    case.merged_into, case.resolution_code = into, MERGED
    case.resolve(Text("Merged into another case: {case}", case=into.text)[:255])
    case.first_response_at = case.first_response_at or case.resolved_at
    into.occurrences += case.occurrences
    into.last_seen_at = max(into.last_seen_at, case.last_seen_at)


@service
def link_cases(case_id: int, *, other_id: int, actor: Actor) -> ExceptionCase:
    """Say that two cases belong together; twice is once. Raises CaseNotFound, CaseRefused."""
    if case_id == other_id:
        raise CaseRefused(problem=Text("A case can't be linked to itself."))
    cases = selectors.lock_all_of({case_id, other_id})
    if _link(case_id, [other_id], actor=actor):
        linked = events.CaseLinked(other=cases[other_id].public_id)
        record(events.case_fact(cases[case_id], linked), actor=actor)
    return cases[case_id]


def _link(case_id: int, others: Iterable[int], *, actor: Actor) -> int:
    """Returns how many links are new."""
    now = clock.now()
    pairs = [sorted((case_id, other)) for other in others]
    links = [CaseLink(first_id=a, second_id=b, linked_by=str(actor), linked_at=now) for a, b in pairs]
    there = CaseLink.objects.filter(first__in=[a for a, _ in pairs], second__in=[b for _, b in pairs]).count()
    CaseLink.objects.bulk_create(links, ignore_conflicts=True)
    return len(links) - there
