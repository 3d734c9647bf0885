"""Clocks: started, stopped and paused by what happens, and what follows when one of them is late."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from apps.casework.services import Problem, open_cases
from apps.casework.states import CaseType
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.text import Moment, Text
from apps.fulfillment.selectors import OUTSIDE
from apps.network.models import Capability
from apps.orchestration.step import Due, DueOf
from apps.sla import events, services
from apps.sla.arithmetic import is_time_zone
from apps.sla.events import ClockEvent
from apps.sla.models import SlaPolicyVersion, SlaTimer
from apps.sla.services import News
from apps.sla.stages import STAGES, Stage
from apps.sla.states import STANDING, TimerState

_Retiming = events.SlaPolicyPublished | events.SlaCalendarChanged | events.SlaRetimingContinued


def _news(dues: Iterable[Due]) -> list[News]:
    return [News(one.event, one.subject_id, one.recorded_at) for one in dues]


def time_orders(dues: Sequence[Due], actor: Actor) -> None:
    """Start, stop and pause the clocks of orders."""
    services.keep_orders(_news(dues), actor=actor)


def time_fulfillment(dues: Sequence[Due], actor: Actor) -> None:
    """Start and stop the clocks of fulfillment orders, and stop those of orders that waited for a node."""
    services.keep_fulfillment(_news(dues), actor=actor)


def time_cases(dues: Sequence[Due], actor: Actor) -> None:
    """Make the clocks of cases agree with the cases."""
    services.keep_cases({due.subject_id for due in dues}, actor=actor)


def time_approvals(dues: Sequence[Due], actor: Actor) -> None:
    """Start the clocks of proposals, and stop those of the decided."""
    services.keep_approvals({due.subject_id for due in dues}, actor=actor)


def report_late(dues: Sequence[DueOf[ClockEvent]], actor: Actor) -> None:
    """Put before a person what is late or about to be, where the policy says so and it is still true."""
    kinds = {due.subject_id: due.event.case for due in dues if due.event.case}
    if not kinds:
        return
    timers = SlaTimer.objects.filter(pk__in=kinds).select_related("order", "node")
    # Done too late is done: only a broken promise still needs somebody.
    late = [
        one
        for one in timers
        if one.state in STANDING or (one.state == TimerState.MISSED and kinds[one.pk] == CaseType.PROMISE_MISSED)
    ]
    open_cases([_problem(one, _kind(one, kinds[one.pk])) for one in late], actor=actor)


def _kind(timer: SlaTimer, kind: str) -> str:
    """What does not leave a partner that confirms nothing may never have been read there: it is the partner that has to be asked."""
    node = timer.node
    overdue = timer.stage == Stage.SHIP and timer.breached_at is not None
    silent = node is not None and node.kind in OUTSIDE and Capability.ACCEPT_REJECT not in node.capabilities
    return CaseType.PARTNER_SILENT if overdue and silent and kind == CaseType.LATE_RISK else kind


def _problem(timer: SlaTimer, kind: str) -> Problem:
    node = timer.node.name if timer.node else ""
    zone = timer.node.time_zone if timer.node else "UTC"
    return Problem(
        type=kind,
        subject_ref=timer.subject_ref,
        sentence=_sentence(timer, node, _said(timer.due_at, zone)),
        order_id=timer.order_id,
        stream=timer.stream,
        detail={"stage": timer.stage, "due_at": timer.due_at.isoformat()},
        node=timer.node.code if timer.node else "",
    )


def _sentence(timer: SlaTimer, node: str, when: str) -> str:
    stage = STAGES[timer.stage]
    what = Text(stage.label) if timer.stopped_at else Text.opening(Text(stage.late))
    if node:
        what = Text("{what} at {node}", what=what, node=node)
    if timer.stopped_at:
        return Text("{what} came too late: it was due {when}.", what=what, when=when)
    if timer.breached_at:
        return Text("{what}: it was due {when}.", what=what, when=when)
    return Text("{what}: it is due {when}.", what=what, when=when)


def _said(moment: datetime, zone: str) -> str:
    zone = zone if is_time_zone(zone) else "UTC"
    at = Moment(moment.astimezone(ZoneInfo(zone)), "%-d %b %H:%M")
    return Text("{at} {place} time", at=at, place=zone.rpartition("/")[2].replace("_", " "))


def retime_clocks(dues: Sequence[DueOf[_Retiming]], actor: Actor) -> None:
    """A new policy retimes running clocks, a changed calendar has them recalculated: so many at a time, then the next."""
    for due in dues:
        what, after = _what_next(due.event)
        last = services.go_on(what, after=after) if what else None
        version = SlaPolicyVersion.objects.get(pk=due.subject_id)
        if last is not None:
            fact = events.policy_fact(version, _next_part(what, last))
            record(fact, actor=actor)


def _what_next(event: _Retiming) -> tuple[str, int]:
    """What is to be done to clocks, and after which; empty: nothing."""
    if isinstance(event, events.SlaCalendarChanged):
        return services.RECOUNT if event.recount else "", 0
    if isinstance(event, events.SlaPolicyPublished):
        return services.RETIME if event.retime else "", 0
    return services.RETIME if event.retime else services.RECOUNT if event.recount else "", event.after


def _next_part(what: str, after: int) -> events.SlaRetimingContinued:
    return events.SlaRetimingContinued(
        after=after,
        retime=True if what == services.RETIME else None,
        recount=True if what == services.RECOUNT else None,
    )
