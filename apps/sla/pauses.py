"""When a clock had a reason to stand still: the holds of an order, and the times a case was put aside.

Read from what happened (holds, the event log), not from when a worker processed it: a batch that lags, or events in the wrong order,
changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from apps.casework.events import CaseDismissed, CaseResolved, CaseResumed, CaseTaken, CaseWaiting
from apps.casework.models import ExceptionCase
from apps.casework.states import CaseState
from apps.core.event_types import names_of
from apps.sla.models import SlaTimer
from apps.sla.stages import STAGES, Of

HOLD = "hold"
# Between these a case waits, or does not.
_BEGIN_OR_END = names_of(CaseWaiting, CaseResumed, CaseTaken, CaseResolved, CaseDismissed)


@dataclass(frozen=True, slots=True)
class Pause:
    """``reason``: as policies call it. ``until`` None: it goes on."""

    reason: str
    since: datetime
    until: datetime | None


_HOLDS = "SELECT order_id, placed_at, released_at FROM orders_hold WHERE order_id = ANY(%s::bigint[])"
_WAITS = """
SELECT e.subject_ref, e.name, coalesce(e.data ->> 'on', ''), e.recorded_at FROM core_event e
 WHERE e.stream = ANY(%s::text[]) AND e.subject_ref = ANY(%s::text[])
   AND e.name = ANY(%s::text[]) ORDER BY e.id
"""


def stills_of(timers: Sequence[SlaTimer]) -> dict[int, list[Pause]]:
    """Of each clock, by its pk."""
    held = holds_of({timer.order_id for timer in timers if _is_held(timer.stage) and timer.order_id is not None})
    cases = [timer for timer in timers if STAGES[timer.stage].of is Of.CASE]
    waits = waits_of({timer.subject_id for timer in cases})
    return {
        timer.pk: held.get(timer.order_id or 0, []) if _is_held(timer.stage) else waits.get(timer.subject_id, [])
        for timer in timers
    }


def _is_held(stage: str) -> bool:
    return STAGES[stage].of in (Of.ORDER, Of.FULFILLMENT)


def holds_of(order_ids: Collection[int]) -> dict[int, list[Pause]]:
    """By order pk."""
    found: dict[int, list[Pause]] = {}
    if order_ids:
        with connection.cursor() as cursor:
            cursor.execute(_HOLDS, [list(order_ids)])
            for order_id, since, until in cursor.fetchall():
                found.setdefault(order_id, []).append(Pause(HOLD, since, until))
    return found


def waits_of(case_ids: Collection[int]) -> dict[int, list[Pause]]:
    """By case pk."""
    if not case_ids:
        return {}
    cases = list(ExceptionCase.objects.filter(pk__in=list(case_ids)).select_related("order"))
    streams = [case.order.public_id if case.order else case.public_id for case in cases]
    events: dict[str, list[tuple[str, str, datetime]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_WAITS, [streams, [case.public_id for case in cases], _BEGIN_OR_END])
        for ref, name, reason, at in cursor.fetchall():
            events.setdefault(ref, []).append((name, reason, at))
    return {case.pk: _waits(case, events.get(case.public_id, ())) for case in cases}


def _waits(case: ExceptionCase, events: Iterable[tuple[str, str, datetime]]) -> list[Pause]:
    found: list[Pause] = []
    for name, reason, at in events:
        if found and found[-1].until is None:
            found[-1] = Pause(found[-1].reason, found[-1].since, at)
        if name == CaseWaiting.spec.name:
            found.append(Pause(reason, at, None))
    waits_on = bool(found) and found[-1].until is None
    if case.state == CaseState.WAITING and not waits_on and case.waiting_since is not None:
        found.append(Pause(case.waiting_on, case.waiting_since, None))
    return found
