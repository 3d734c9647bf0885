"""Warning and breach: each notified once, however many workers look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from apps.casework.models import ExceptionCase
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import Fact, record
from apps.core.transactions import service
from apps.sla import events, selectors
from apps.sla.active_policy import ActivePolicy, book_in_force
from apps.sla.events import Alerts, ClockEvent
from apps.sla.models import SlaTimer
from apps.sla.rules import Rule
from apps.sla.services.case_clocks import tell_cases
from apps.sla.services.recalculating import policies_of, rule_of, settle
from apps.sla.stages import CASE_STAGES
from apps.sla.states import STANDING, TimerState

BATCH = 500
# What ended a stage in its last moment may be committed a moment later; a report five seconds late is fine.
GRACE = timedelta(seconds=5)
_FIELDS = ["state", "next_at", "warned_at", "breached_at", "stopped_at", "paused_at", "left_s"]


@service
def fire_due(limit: int = BATCH, *, at: datetime | None = None, actor: Actor) -> int:
    """Report warnings and breaches of up to ``limit`` clocks that are due; returns how many were looked at.

    ``at``: as of when, the database's own time unless said: a worker whose clock is wrong fires nothing early or late.
    """
    now = at or database_clock.now()
    timers = selectors.claim_due(now - GRACE, limit=limit)
    if not timers:
        return 0
    book = book_in_force()
    policies = policies_of(timers, book)
    # What put it aside in time counts, also where the event comes after this.
    settle(timers, book, hours_too=False)
    ended = selectors.ended_at(timers)
    fact: list[tuple[type[ClockEvent], SlaTimer]] = []
    for timer in timers:
        kind = _look(timer, ended.get(timer.pk), now)
        if kind is not None:
            fact.append((kind, timer))
    update_rows(timers, _FIELDS)
    owners = _owners([timer for _, timer in fact])
    facts = [_fact(kind, one, rule_of(one, policies), book, owners) for kind, one in fact]
    record(*facts, actor=actor)
    tell_cases({timer.subject_id for timer in timers if timer.stage in CASE_STAGES}, actor=actor)
    return len(timers)


def _look(timer: SlaTimer, ended: tuple[datetime, bool] | None, now: datetime) -> type[ClockEvent] | None:
    """Move the clock on; returns the event to record, or None. The caller holds its lock."""
    if ended is not None and timer.state in STANDING:
        # The stage is over and the event has not come to the clock yet.
        at, void = ended
        late = not void and timer.paused_at is None and at > timer.due_at
        timer.state = TimerState.VOID if void else TimerState.MISSED if late else TimerState.MET
        timer.stopped_at, timer.paused_at, timer.left_s = at, None, None
        if not late:
            timer.next_at = None
            return None
    if timer.next_at is None or timer.next_at > now:
        return None
    if now >= timer.due_at:
        timer.next_at = None
        if timer.breached_at is not None:
            return None
        timer.breached_at = now
        return events.SlaBreached
    timer.next_at = timer.due_at
    if timer.warned_at is not None:
        return None
    timer.warned_at = now
    return events.SlaWarned


def _owners(timers: Sequence[SlaTimer]) -> dict[int, str]:
    """Who has the cases whose clocks these are, by case pk."""
    ids = [timer.subject_id for timer in timers if timer.stage in CASE_STAGES]
    rows = ExceptionCase.objects.filter(pk__in=ids, owner__isnull=False) if ids else ()
    return {row.pk: row.owner.public_id for row in rows.select_related("owner")} if rows else {}  # type: ignore[union-attr]


def _fact(kind: type[ClockEvent], timer: SlaTimer, rule: Rule, book: ActivePolicy, owners: dict[int, str]) -> Fact:
    breach = kind is events.SlaBreached
    roles = rule.alert_breached if breach else rule.alert_warned
    owner = owners.get(timer.subject_id) if timer.stage in CASE_STAGES and "owner" in roles else None
    place = book.places.get(timer.node_id or 0)
    alerts = [role for role in roles if role != "owner"]
    fact = kind(
        stage=timer.stage,
        due_at=timer.due_at.isoformat(),
        node=place.code if place else "",
        case=rule.case_breached if breach else rule.case_warned,
        alerts=Alerts(roles=alerts, users=[owner] if owner else [], mail=rule.mail) if alerts or owner else None,
    )
    return events.timer_fact(timer, fact)
