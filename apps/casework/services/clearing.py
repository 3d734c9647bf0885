"""Cases that close themselves, because the cause went away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apps.casework import events, selectors
from apps.casework.models import CaseComment, ExceptionCase
from apps.casework.services.ending import ENDING
from apps.casework.states import MERGED, MERGED_AND_GONE
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import atomic_unless_buffered

CLEARED = "cleared"
# On a case that a person ended while its cause went on, once that has gone as well.
CAUSE_GONE = "cause_gone"
_OWN_CAUSE_GONE = "own_cause_gone"


@atomic_unless_buffered
def clear_cases(subject_refs: Iterable[str], *, types: Iterable[str], resolution: str, actor: Actor) -> int:
    """Close what stands about these subjects because the cause is gone, and say so. Returns how many.

    A case that others were merged into stays until the causes of all of them are gone.
    """
    subjects, kinds = set(subject_refs), set(types)
    about = {(kind, subject) for kind in kinds for subject in subjects}
    standing = selectors.lock_standing_about(about) if about else {}
    cases = list({case.pk: case for case in standing.values()}.values())
    if not cases:
        return 0
    merged = list(ExceptionCase.objects.filter(merged_into__in=cases, resolution_code=MERGED))
    left = _without_gone(merged, about)
    for case in cases:
        if (case.type, case.subject_ref) in about:
            case.detail = {**case.detail, _OWN_CAUSE_GONE: True}
    over = [case for case in cases if case.pk not in left and case.detail.get(_OWN_CAUSE_GONE)]
    _close(over, resolution, actor=actor)
    _note_partly([case for case in cases if case not in over], resolution, actor=actor)
    return len(over)


@atomic_unless_buffered
def note_cause_gone(case_ids: Iterable[int]) -> None:
    """The cause of these ended cases is gone; the same again is a new problem. No event: nobody's work changes."""
    for case in selectors.lock_cases(case_ids):
        case.detail = {**case.detail, CAUSE_GONE: True}
        update_rows([case], ["detail"])


def _without_gone(merged: Sequence[ExceptionCase], about: set[tuple[str, str]]) -> set[int]:
    """Note which merged cases have lost their cause; returns the pks of cases that others still hold open."""
    gone = [case.pk for case in merged if (case.type, case.subject_ref) in about]
    if gone:
        ExceptionCase.objects.filter(pk__in=gone).update(resolution_code=MERGED_AND_GONE)
    return {case.merged_into_id for case in merged if case.pk not in gone and case.merged_into_id is not None}


def _close(cases: Sequence[ExceptionCase], resolution: str, *, actor: Actor) -> None:
    for case in cases:
        case.detail.pop(_OWN_CAUSE_GONE, None)
        case.resolution_code = CLEARED
        case.resolve(resolution[:255])
    update_rows(cases, ENDING)
    record(*[events.case_fact(case, events.CaseResolved(by_itself=True)) for case in cases], actor=actor)


def _note_partly(cases: Sequence[ExceptionCase], resolution: str, *, actor: Actor) -> None:
    update_rows(cases, ["detail"])
    body = Text("One of the causes went away by itself ({why}); the others stand.", why=resolution)
    CaseComment.objects.bulk_create(CaseComment(case=case, author=str(actor), body=body) for case in cases)
