"""Where a clock stands: recalculated from what happened, in the hours that count for it now.

Nothing of a pause is kept in seconds: another calendar, queue or policy counts the same stretches of time in its own hours. The
clock of a case into which others were merged runs for the one that is due first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.casework.models import ExceptionCase
from apps.casework.states import MERGED
from apps.core.bulk.bulk_update import update_rows
from apps.sla import selectors
from apps.sla.active_policy import ActivePolicy
from apps.sla.arithmetic import BusinessHours, ClockReading, Stretch
from apps.sla.models import SlaPolicyVersion, SlaTimer
from apps.sla.pauses import Pause, stills_of
from apps.sla.rules import Policy, Rule, Subject, read_policy
from apps.sla.stages import CASE_STAGES
from apps.sla.states import STANDING, TimerState

FIELDS = ["state", "paused_at", "left_s", "paused_s", "due_at", "warn_at", "next_at"]


@dataclass(frozen=True, slots=True)
class Count:
    """What is counted: so many open seconds from ``start`` by a rule, in hours, around stretches that stand still."""

    start: datetime
    total_s: float
    rule: Rule
    hours: BusinessHours
    stills: Sequence[Pause]

    @property
    def stretches(self) -> list[Stretch]:
        return [(one.since, one.until) for one in self.stills if one.reason in self.rule.pause]

    def due(self) -> ClockReading:
        return self.hours.add_around(self.start, self.total_s, self.stretches)

    def warns(self) -> datetime | None:
        if not self.rule.warn_percent or not self.total_s:
            return None
        return self.hours.add_around(self.start, self.total_s * self.rule.warn_percent / 100, self.stretches).due


def settle(timers: Sequence[SlaTimer], book: ActivePolicy, *, hours_too: bool = True) -> None:
    """Make standing clocks agree with what has happened, by the rules they run under. The caller locked them.

    ``hours_too`` False: only those that something put aside; the others stay due when they were said to be.
    """
    standing = [timer for timer in timers if timer.state in STANDING]
    merged = merged_into(standing)
    everything = [*standing, *(one for several in merged.values() for one in several)]
    policies, teams = policies_of(everything, book), _teams(everything)
    pausable = [timer for timer in everything if rule_of(timer, policies).pausable]
    stills = stills_of(pausable) if pausable else {}
    changed = []
    for timer in standing:
        before = _position(timer)
        counts = [
            _count(one, rule_of(one, policies), book, teams, stills_of_member(timer, one, stills))
            for one in (timer, *merged.get(timer.pk, ()))
            if rule_of(one, policies).pausable
        ]
        if counts and (hours_too or timer.paused_at is not None or any(count.stretches for count in counts)):
            put(timer, counts)
            if _position(timer) != before:
                changed.append(timer)
    update_rows(changed, FIELDS)


def _count(timer: SlaTimer, rule: Rule, book: ActivePolicy, teams: Mapping[int, str], stills: Sequence[Pause]) -> Count:
    place = book.places.get(timer.node_id or 0)
    subject = Subject(node=place.code if place else "", team=teams.get(timer.subject_id, ""))
    return Count(timer.started_at, timer.total_s, rule, book.calendars.hours(rule.calendar, subject), stills)


def put(timer: SlaTimer, counts: Sequence[Count]) -> None:
    """Set the clock by whichever of the counts is due first."""
    first = min(counts, key=lambda count: count.due().due)
    due = first.due()
    timer.due_at, timer.warn_at, timer.paused_s = due.due, first.warns(), int(due.stood)
    if due.stands_since is not None:
        timer.state, timer.paused_at, timer.left_s = TimerState.PAUSED, due.stands_since, int(due.left)
        timer.next_at = None
        return
    run(timer)


def run(timer: SlaTimer) -> None:
    """It goes on, and is looked at when it warns or is due; a breach that was reported is not reported again."""
    timer.state, timer.paused_at, timer.left_s = TimerState.RUNNING, None, None
    timer.next_at = None if timer.breached_at else timer.due_at if timer.warned_at else timer.warn_at or timer.due_at


def _position(timer: SlaTimer) -> tuple[object, ...]:
    return tuple(getattr(timer, name) for name in FIELDS)


def stills_of_member(timer: SlaTimer, member: SlaTimer, stills: Mapping[int, Sequence[Pause]]) -> list[Pause]:
    """What was merged into the clock's case stood still by itself before, and stands with it since."""
    own = list(stills.get(member.pk, ()))
    if member.pk == timer.pk or member.stopped_at is None:
        return own
    later = [one for one in stills.get(timer.pk, ()) if one.until is None or one.until > member.stopped_at]
    return own + [Pause(one.reason, max(one.since, member.stopped_at), one.until) for one in later]


def merged_into(timers: Iterable[SlaTimer]) -> dict[int, list[SlaTimer]]:
    """The stopped clocks of cases that were merged into these clocks' cases and whose cause stands, by pk of the clock."""
    of_cases = {(timer.stage, timer.subject_id): timer for timer in timers if timer.stage in CASE_STAGES}
    if not of_cases:
        return {}
    rows = ExceptionCase.objects.filter(merged_into__in={pk for _, pk in of_cases}, resolution_code=MERGED)
    into = dict(rows.values_list("pk", "merged_into"))
    found: dict[int, list[SlaTimer]] = {}
    for member in SlaTimer.objects.filter(stage__in=CASE_STAGES, subject_id__in=into) if into else ():
        timer = of_cases.get((member.stage, into[member.subject_id] or 0))
        if timer is not None:
            found.setdefault(timer.pk, []).append(member)
    return found


def _teams(timers: Iterable[SlaTimer]) -> dict[int, str]:
    """Codes of the queues that cases wait in, by case pk."""
    ids = {timer.subject_id for timer in timers if timer.stage in CASE_STAGES}
    rows = ExceptionCase.objects.filter(pk__in=ids, queue__isnull=False) if ids else None
    return dict(rows.values_list("pk", "queue__code")) if rows is not None else {}


def policies_of(timers: Iterable[SlaTimer], book: ActivePolicy) -> dict[int, Policy]:
    """The policies these clocks were started under, by pk; the one in force is at hand."""
    wanted = {timer.policy_id for timer in timers}
    known = {book.version.pk: book.rulebook.policy} if book.version else {}
    rows = SlaPolicyVersion.objects.filter(pk__in=wanted - known.keys()) if wanted - known.keys() else ()
    return known | {row.pk: read_policy(row.content) for row in rows}


def rule_of(timer: SlaTimer, policies: Mapping[int, Policy]) -> Rule:
    """The rule a clock runs by. One that can't be found must not stop all the other clocks: then it notifies nobody."""
    policy = policies.get(timer.policy_id)
    if policy and timer.rule < len(policy.rules):
        return policy.rules[timer.rule]
    return Rule(timer.stage, by="none")


def settle_orders(order_ids: Sequence[int], book: ActivePolicy) -> None:
    """The clocks of these orders and of their fulfillment orders, as their holds stand now."""
    settle(selectors.lock_of_orders(order_ids), book)
