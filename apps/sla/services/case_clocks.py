"""Keeping the clocks of cases and approvals in step with their rows, whatever events come and in which order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from apps.casework.models import ApprovalRequest, ExceptionCase
from apps.casework.services import set_clocks
from apps.casework.states import ApprovalState
from apps.core.actor import Actor
from apps.sla import selectors
from apps.sla.active_policy import book_in_force
from apps.sla.facts import approval_facts, case_facts
from apps.sla.models import SlaTimer
from apps.sla.services.recalculating import settle
from apps.sla.services.starting import Start, start_timers
from apps.sla.services.stopping import Stop, stop_timers
from apps.sla.stages import CASE_STAGES, Stage
from apps.sla.states import STANDING, TimerState


def keep_cases(case_ids: Collection[int], *, actor: Actor) -> None:
    """Make the clocks of these cases agree with the cases, and note on the cases what is due next."""
    book = book_in_force()
    cases = ExceptionCase.objects.filter(pk__in=case_ids).select_related("order", "queue").in_bulk()
    timers = selectors.lock_of_subjects(CASE_STAGES, cases)
    have = {(timer.stage, timer.subject_id) for timer in timers}
    starts = [start for stage in CASE_STAGES for start in _starts(stage, cases, have)]
    start_timers(starts, book)
    stop_timers(_stops(timers, cases), actor=actor)
    settle([one for one in timers if _end(one, cases) is None], book)
    tell_cases(cases, actor=actor)


def _starts(stage: str, cases: Mapping[int, ExceptionCase], have: set[tuple[str, int]]) -> Iterator[Start]:
    """A case that is over before its clock began is watched no more."""
    fresh = [case for pk, case in cases.items() if (stage, pk) not in have]
    facts = case_facts(fresh, stage) if fresh else {}
    for case in fresh:
        yield Start(stage, facts[case.pk], case.opened_at, over=selectors.case_end(stage, case) is not None)


def _end(timer: SlaTimer, cases: Mapping[int, ExceptionCase]) -> datetime | None:
    return selectors.case_end(timer.stage, cases[timer.subject_id])


def _stops(timers: Iterable[SlaTimer], cases: Mapping[int, ExceptionCase]) -> Iterator[Stop]:
    for timer in timers:
        ended = _end(timer, cases)
        if timer.state in STANDING and ended is not None:
            yield Stop(timer.stage, timer.subject_id, ended)


def tell_cases(case_ids: Collection[int], *, actor: Actor) -> None:
    """Write on the cases when the next of their clocks is due, and since when one of them is late."""
    rows = SlaTimer.objects.filter(stage__in=CASE_STAGES, subject_id__in=list(case_ids))
    clocks: dict[int, tuple[datetime | None, datetime | None]] = dict.fromkeys(case_ids, (None, None))
    for timer in rows:
        due, breached = clocks[timer.subject_id]
        if timer.state == TimerState.RUNNING:
            due = timer.due_at if due is None else min(due, timer.due_at)
        if timer.breached_at is not None:
            breached = timer.breached_at if breached is None else min(breached, timer.breached_at)
        clocks[timer.subject_id] = (due, breached)
    set_clocks(clocks, actor=actor)


def keep_approvals(approval_ids: Collection[int], *, actor: Actor) -> None:
    """Start the clocks of proposals that wait for a decision, and stop those of the decided."""
    rows = ApprovalRequest.objects.filter(pk__in=list(approval_ids)).select_related("order").in_bulk()
    facts = approval_facts(rows.values())
    waiting: Sequence[int] = [pk for pk, row in rows.items() if row.state == ApprovalState.PENDING]
    start_timers([Start(Stage.APPROVAL, facts[pk], rows[pk].made_at) for pk in waiting], book_in_force())
    ended = [row for row in rows.values() if row.state != ApprovalState.PENDING]
    void = (ApprovalState.WITHDRAWN, ApprovalState.VOIDED)
    stops = [Stop(Stage.APPROVAL, row.pk, row.ended_at or row.made_at, row.state in void) for row in ended]
    stop_timers(stops, actor=actor)
