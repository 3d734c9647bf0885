"""Timing clocks anew: under a new policy, or because the order was changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from apps.casework.models import ApprovalRequest, ExceptionCase
from apps.core import clock
from apps.core.batch import save_rows
from apps.sla import selectors
from apps.sla.books import Book, book_in_force
from apps.sla.facts import Facts, approval_facts, case_facts, fulfillment_facts, order_facts
from apps.sla.models import SlaTimer
from apps.sla.rules import ALWAYS
from apps.sla.stages import STAGES, Of
from apps.sla.states import TimerState

_FIELDS = ["policy", "rule", "due_at", "warn_at", "total_s", "next_at", "state", "left_s", "paused_at", "stopped_at"]


def retime_orders(order_ids: Collection[int], book: Book) -> int:
    """The promise may have moved: the standing clocks of these orders are due as the policy says now."""
    return retime(selectors.lock_of_orders(order_ids), book)


def retime_batch(*, after: int = 0, limit: int = 500) -> int | None:
    """Time the next standing clocks of older policies anew, from pk ``after`` on; answers the last one's pk, None: done."""
    book = book_in_force()
    timers = selectors.lock_of_older_policies(book.version.pk, after=after, limit=limit) if book.version else []
    retime(timers, book)
    return timers[-1].pk if timers else None


def retime(timers: Sequence[SlaTimer], book: Book) -> int:
    """Give standing clocks the deadline the policy in force has for them; those it has none for are void.

    A breach that was told stays told. The caller locked them. Answers how many were changed.
    """
    if book.version is None:
        return 0
    facts = facts_of(timers, book)
    for timer in timers:
        one = facts.get((timer.stage, timer.subject_id))
        _retime(timer, one, book)
    save_rows(timers, _FIELDS)
    return len(timers)


def _retime(timer: SlaTimer, facts: Facts | None, book: Book) -> None:
    assert book.version is not None
    deadline = book.rulebook.deadline(timer.stage, facts.subject, timer.started_at) if facts else None
    timer.policy_id = book.version.pk
    if deadline is None:
        timer.state, timer.next_at, timer.rule = TimerState.VOID, None, 0
        timer.stopped_at, timer.paused_at, timer.left_s = clock.now(), None, None
        return
    assert facts is not None
    rule = book.rulebook.policy.rules[deadline.rule]
    hours = book.calendars.hours(rule.calendar, facts.subject) if rule.pausable else ALWAYS
    # What it has stood still for so far is given on top of the new time.
    extra = timer.paused_s if rule.pausable else 0
    timer.rule, timer.total_s = deadline.rule, min(deadline.total_s, 2**31 - 1)
    timer.due_at = hours.add_seconds(deadline.due_at, extra) if extra else deadline.due_at
    timer.warn_at = hours.add_seconds(deadline.warn_at, extra) if extra and deadline.warn_at else deadline.warn_at
    if timer.paused_at is not None and rule.pausable:
        timer.left_s = max(int(hours.between(timer.paused_at, timer.due_at)), 0)
        return
    timer.state, timer.paused_at, timer.left_s = TimerState.RUNNING, None, None
    timer.next_at = None if timer.breached_at else timer.due_at if timer.warned_at else timer.warn_at or timer.due_at


def facts_of(timers: Iterable[SlaTimer], book: Book) -> Mapping[tuple[str, int], Facts]:
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
