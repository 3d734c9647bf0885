"""Retiming clocks: under a new policy, or because the order was changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from apps.casework.models import ApprovalRequest, ExceptionCase
from apps.core import database_clock
from apps.core.actor import SYSTEM
from apps.core.bulk.bulk_update import update_rows
from apps.sla import selectors
from apps.sla.active_policy import ActivePolicy, book_in_force, book_of
from apps.sla.facts import Facts, approval_facts, case_facts, fulfillment_facts, order_facts
from apps.sla.models import SlaTimer
from apps.sla.pauses import Pause, stills_of
from apps.sla.rules import Deadline
from apps.sla.selectors import active_version
from apps.sla.services.case_clocks import tell_cases
from apps.sla.services.recalculating import FIELDS, Count, merged_into, put, run, settle, stills_of_member
from apps.sla.stages import CASE_STAGES, STAGES, Of
from apps.sla.states import TimerState

RETIME, RECOUNT = "retime", "recount"
BATCH = 500
_FIELDS = [*FIELDS, "policy", "rule", "total_s", "stopped_at"]


def retime_orders(order_ids: Collection[int], book: ActivePolicy) -> int:
    """The promise may have moved: the standing clocks of these orders are due as the policy says now."""
    return retime(selectors.lock_of_orders(order_ids), book)


def go_on(what: str, *, after: int) -> int | None:
    """The next standing clocks: retimed under the policy that holds (RETIME), or recalculated in their calendars (RECOUNT).

    ``after``: the pk from which on; returns the last one's, None: done.
    """
    return retime_batch(after=after) if what == RETIME else recount_batch(after=after)


def retime_batch(*, after: int, limit: int = BATCH) -> int | None:
    """Retime the next standing clocks of older policies, from pk ``after`` on; returns the last one's pk, None: done."""
    book = book_in_force()
    timers = selectors.lock_of_older_policies(book.version.pk, after=after, limit=limit) if book.version else []
    retime(timers, book)
    _tell_cases(timers)
    return timers[-1].pk if timers else None


def recount_batch(*, after: int, limit: int = BATCH) -> int | None:
    """A calendar was changed: the next standing clocks are counted in its hours as they are now; returns what retime_batch does."""
    # What is remembered may be a second old, and those hours are the ones that were changed.
    book = book_of(active_version())
    timers = selectors.lock_standing(after=after, limit=limit)
    settle(timers, book)
    _tell_cases(timers)
    return timers[-1].pk if timers else None


def _tell_cases(timers: Iterable[SlaTimer]) -> None:
    tell_cases({timer.subject_id for timer in timers if timer.stage in CASE_STAGES}, actor=SYSTEM)


def retime(timers: Sequence[SlaTimer], book: ActivePolicy) -> int:
    """Give standing clocks the deadline the policy in force has for them; those it has none for are void.

    What it stood still for counts by the new rule: a reason it does not know is no pause, one that it adds was one from its
    first moment on. A reported breach stays reported. The caller locked them. Returns how many were changed.
    """
    if book.version is None:
        return 0
    merged = merged_into(timers)
    everything = [*timers, *(one for several in merged.values() for one in several)]
    facts, stills = facts_of(everything, book), stills_of(everything)
    for timer in timers:
        members = [timer, *merged.get(timer.pk, ())]
        found = [(one, _deadline(one, facts, book)) for one in members]
        counts = [
            (deadline, _count(one, deadline, facts, stills_of_member(timer, one, stills), book))
            for one, deadline in found
            if deadline is not None
        ]
        _retime(timer, counts, book)
    update_rows(timers, _FIELDS)
    return len(timers)


_Facts = Mapping[tuple[str, int], Facts]


def _deadline(timer: SlaTimer, facts: _Facts, book: ActivePolicy) -> Deadline | None:
    one = facts.get((timer.stage, timer.subject_id))
    return book.rulebook.deadline(timer.stage, one.subject, timer.started_at) if one else None


def _count(timer: SlaTimer, deadline: Deadline, facts: _Facts, stills: Sequence[Pause], book: ActivePolicy) -> Count:
    rule = book.rulebook.policy.rules[deadline.rule]
    hours = book.calendars.hours(rule.calendar, facts[timer.stage, timer.subject_id].subject)
    return Count(timer.started_at, deadline.total_s, rule, hours, stills)


def _retime(timer: SlaTimer, counts: Sequence[tuple[Deadline, Count]], book: ActivePolicy) -> None:
    assert book.version is not None
    timer.policy_id = book.version.pk
    if not counts:
        timer.state, timer.next_at, timer.rule = TimerState.VOID, None, 0
        timer.stopped_at, timer.paused_at, timer.left_s = database_clock.now(), None, None
        return
    deadline, count = counts[0]
    timer.rule, timer.total_s = deadline.rule, deadline.total_s
    if count.rule.pausable:
        put(timer, [one for _, one in counts if one.rule.pausable])
        return
    # A promise, a ship-by or a cutoff does not move.
    timer.due_at, timer.warn_at, timer.paused_s = deadline.due_at, deadline.warn_at, 0
    run(timer)


def facts_of(timers: Iterable[SlaTimer], book: ActivePolicy) -> Mapping[tuple[str, int], Facts]:
    """What rules ask of the clocks' subjects, by stage and subject."""
    by_stage: dict[str, set[int]] = {}
    for timer in timers:
        by_stage.setdefault(timer.stage, set()).add(timer.subject_id)
    of = {kind: {pk for stage, ids in by_stage.items() if STAGES[stage].of is kind for pk in ids} for kind in Of}
    orders, goods = order_facts(of[Of.ORDER], book), fulfillment_facts(of[Of.FULFILLMENT], book)
    cases = ExceptionCase.objects.filter(pk__in=of[Of.CASE]).select_related("order", "queue") if of[Of.CASE] else ()
    approvals = (
        ApprovalRequest.objects.filter(pk__in=of[Of.APPROVAL]).select_related("order") if of[Of.APPROVAL] else ()
    )
    found: dict[tuple[str, int], Facts] = {}
    for stage, ids in by_stage.items():
        kind = STAGES[stage].of
        rows = {Of.ORDER: orders, Of.FULFILLMENT: goods}.get(kind)
        if rows is None:
            rows = case_facts(cases, stage) if kind is Of.CASE else approval_facts(approvals)
        found |= {(stage, pk): rows[pk] for pk in ids if pk in rows}
    return found
