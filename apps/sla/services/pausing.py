"""Letting clocks stand still, and go on with the time they had left."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from apps.core.batch import save_rows
from apps.orders.selectors import held_order_ids
from apps.sla import selectors
from apps.sla.arithmetic import BusinessHours
from apps.sla.books import Book
from apps.sla.models import SlaPolicyVersion, SlaTimer
from apps.sla.rules import Policy, Rule, Subject, read_policy
from apps.sla.states import TimerState

_FIELDS = ["state", "paused_at", "left_s", "paused_s", "due_at", "warn_at", "next_at"]


def settle_holds(order_ids: Collection[int], book: Book, *, at: datetime) -> None:
    """Pause the clocks of orders on hold and resume those of orders that are not, as the holds stand now."""
    held = held_order_ids(order_ids)
    wanted = {pk: frozenset({"hold"}) if pk in held else frozenset() for pk in order_ids}
    timers = selectors.lock_of_orders(order_ids)
    pause_or_resume(timers, {timer.pk: wanted.get(timer.order_id or 0, frozenset()) for timer in timers}, book, at=at)


def pause_or_resume(
    timers: Sequence[SlaTimer],
    reasons: Mapping[int, frozenset[str]],
    book: Book,
    *,
    at: datetime,
    teams: Mapping[int, str] | None = None,
) -> None:
    """``reasons``: why each clock might stand still now, by pk; ``teams``: queue codes by subject. The caller locked them.

    A clock that is late already goes on: waiting does not undo a breach.
    """
    policies = policies_of(timers, book)
    changed = []
    for timer in timers:
        rule = rule_of(timer, policies)
        still = rule.pausable and bool(reasons.get(timer.pk, frozenset()) & set(rule.pause))
        place = book.places.get(timer.node_id or 0)
        subject = Subject(node=place.code if place else "", team=(teams or {}).get(timer.subject_id, ""))
        hours = book.calendars.hours(rule.calendar, subject)
        if still and timer.state == TimerState.RUNNING and timer.breached_at is None and timer.due_at > at:
            _pause(timer, hours, at)
        elif not still and timer.state == TimerState.PAUSED:
            _resume(timer, hours, rule.warn_percent, at)
        else:
            continue
        changed.append(timer)
    save_rows(changed, _FIELDS)


def policies_of(timers: Iterable[SlaTimer], book: Book) -> dict[int, Policy]:
    """The policies these clocks were started under, by pk; the one in force is at hand."""
    wanted = {timer.policy_id for timer in timers}
    known = {book.version.pk: book.rulebook.policy} if book.version else {}
    rows = SlaPolicyVersion.objects.filter(pk__in=wanted - known.keys()) if wanted - known.keys() else ()
    return known | {row.pk: read_policy(row.content) for row in rows}


def rule_of(timer: SlaTimer, policies: Mapping[int, Policy]) -> Rule:
    """The rule a clock runs by. One that can't be found must not stop all the other clocks: then it tells nobody."""
    policy = policies.get(timer.policy_id)
    return policy.rules[timer.rule] if policy and timer.rule < len(policy.rules) else Rule(timer.stage)


def _pause(timer: SlaTimer, hours: BusinessHours, at: datetime) -> None:
    timer.state, timer.paused_at, timer.next_at = TimerState.PAUSED, at, None
    timer.left_s = int(hours.between(at, timer.due_at))


def _resume(timer: SlaTimer, hours: BusinessHours, warn_percent: int, at: datetime) -> None:
    left = timer.left_s or 0
    timer.paused_s += int(hours.between(timer.paused_at or at, at))
    timer.state, timer.paused_at, timer.left_s = TimerState.RUNNING, None, None
    timer.due_at = hours.add_seconds(at, left)
    timer.warn_at = None
    if warn_percent and timer.warned_at is None:
        timer.warn_at = hours.add_seconds(at, max(left - timer.total_s * (100 - warn_percent) / 100, 0))
    timer.next_at = timer.warn_at or timer.due_at
