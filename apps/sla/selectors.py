"""Reads of policies and clocks, and every lock on clocks (always in pk order)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from apps.casework.models import ApprovalRequest, ExceptionCase
from apps.casework.states import STANDING as CASE_STANDING
from apps.casework.states import ApprovalState
from apps.core.bulk.raw_rows import columns_of, load_row
from apps.orders.events import OrderCancelled
from apps.sla.endings import END_NAMES, TELLING_NAMES, VOIDING_NAMES
from apps.sla.models import SlaPolicyVersion, SlaTimer
from apps.sla.stages import STAGES, Of
from apps.sla.states import STANDING, PolicyState

_CLAIM = """
SELECT {columns} FROM sla_slatimer t WHERE t.next_at <= %s ORDER BY t.next_at, t.id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_DOUBTFUL = """
WITH own AS MATERIALIZED (
    SELECT t.id, t.paused_at IS NOT NULL OR v.at > t.due_at AS doubtful
      FROM unnest(%s::text[], %s::bigint[], %s::timestamptz[]) AS v(stage, subject_id, at)
      JOIN sla_slatimer t ON t.stage = v.stage AND t.subject_id = v.subject_id
     WHERE t.state IN ('running', 'paused') ORDER BY t.id FOR UPDATE OF t)
SELECT id FROM own WHERE doubtful
"""
_OF_ORDERS = """
SELECT {columns} FROM sla_slatimer t
 WHERE t.state IN ('running', 'paused') AND (t.stage, t.subject_id) IN (
       SELECT s.stage, o.id FROM unnest(%s::text[]) s(stage), unnest(%s::bigint[]) o(id)
       UNION ALL
       SELECT s.stage, f.id FROM unnest(%s::text[]) s(stage), fulfillment_fulfillmentorder f WHERE f.order_id = ANY(%s::bigint[]))
 ORDER BY t.id FOR UPDATE
"""
_ENDED = """
SELECT e.stream, e.name, e.subject_id, min(e.recorded_at)
  FROM core_event e
 WHERE e.stream = ANY(%s::text[]) AND e.name = ANY(%s::text[])
   AND (e.name <> 'fulfillment.shipped' OR coalesce((e.data ->> 'complete')::boolean, true))
 GROUP BY 1, 2, 3
"""
ORDER_STAGES = [str(stage) for stage, about in STAGES.items() if about.of is Of.ORDER]
FULFILLMENT_STAGES = [str(stage) for stage, about in STAGES.items() if about.of is Of.FULFILLMENT]
_TELLING = sorted(TELLING_NAMES)


def active_version() -> SlaPolicyVersion | None:
    return SlaPolicyVersion.objects.filter(state=PolicyState.ACTIVE).first()


def draft_version() -> SlaPolicyVersion | None:
    return SlaPolicyVersion.objects.filter(state=PolicyState.DRAFT).first()


def versions() -> QuerySet[SlaPolicyVersion]:
    """All of them, newest first."""
    return SlaPolicyVersion.objects.order_by("-number")


def versions_in_use() -> QuerySet[SlaPolicyVersion]:
    """What holds, the draft, and those that clocks still run under."""
    running = SlaTimer.objects.filter(state__in=STANDING).values("policy")
    states = (PolicyState.ACTIVE, PolicyState.DRAFT)
    return SlaPolicyVersion.objects.filter(Q(state__in=states) | Q(pk__in=running)).order_by("-number")


def claim_due(at: datetime, *, limit: int) -> list[SlaTimer]:
    """Clocks to be looked at by ``at``, locked for this transaction; other workers skip them."""
    return _read(_CLAIM, [at, limit])


def lock_of_orders(order_ids: Collection[int]) -> list[SlaTimer]:
    """The standing clocks of these orders and of their fulfillment orders."""
    ids = list(order_ids)
    return _read(_OF_ORDERS, [ORDER_STAGES, ids, FULFILLMENT_STAGES, ids]) if ids else []


def lock_of_subjects(stages: Iterable[str], subject_ids: Collection[int]) -> list[SlaTimer]:
    """The clocks of these subjects, stopped ones too."""
    rows = SlaTimer.objects.select_for_update().filter(stage__in=list(stages), subject_id__in=list(subject_ids))
    return list(rows.order_by("pk"))


def lock_of_older_policies(version_id: int, *, after: int, limit: int) -> list[SlaTimer]:
    """Standing clocks started under another version, from pk ``after`` on."""
    rows = SlaTimer.objects.select_for_update().filter(state__in=STANDING, pk__gt=after).exclude(policy_id=version_id)
    return list(rows.order_by("pk")[:limit])


def lock_standing(*, after: int, limit: int) -> list[SlaTimer]:
    """Standing clocks from pk ``after`` on."""
    rows = SlaTimer.objects.select_for_update().filter(state__in=STANDING, pk__gt=after)
    return list(rows.order_by("pk")[:limit])


def lock_doubtful(stages: Sequence[str], subject_ids: Sequence[int], ends: Sequence[datetime]) -> list[SlaTimer]:
    """Lock the standing clocks of these stages, which end at these moments; returns those that stand still or seem to be late."""
    with connection.cursor() as cursor:
        cursor.execute(_DOUBTFUL, [list(stages), list(subject_ids), list(ends)])
        ids = [row[0] for row in cursor.fetchall()]
    return list(SlaTimer.objects.filter(pk__in=ids).order_by("pk")) if ids else []


def ended_at(timers: Sequence[SlaTimer]) -> dict[int, tuple[datetime, bool]]:
    """Which of the clocks' stages are over already, by pk: since when, and whether the clock has become pointless.

    The event may still be on its way to the clock; what happened is what the event log and the rows say.
    """
    by_event = _ends_by_event([t for t in timers if STAGES[t.stage].of in (Of.ORDER, Of.FULFILLMENT)])
    return by_event | _ended_cases(timers) | _ended_approvals(timers)


def _ends_by_event(timers: Sequence[SlaTimer]) -> dict[int, tuple[datetime, bool]]:
    if not timers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, [list({timer.stream for timer in timers}), _TELLING])
        events_of: dict[str, list[tuple[str, int, datetime]]] = {}
        for stream, name, subject_id, at in cursor.fetchall():
            events_of.setdefault(stream, []).append((name, subject_id, at))
    found = {}
    for timer in timers:
        ends = [one for one in (_end(timer, *event) for event in events_of.get(timer.stream, ())) if one]
        if ends:
            found[timer.pk] = min(ends)
    return found


def _end(timer: SlaTimer, name: str, subject_id: int, at: datetime) -> tuple[datetime, bool] | None:
    """What this event means to this clock: an end, an end that voids it, or nothing."""
    about = STAGES[timer.stage]
    # Stages of an order end with what happens to any of its fulfillment orders; those of one of these with its own.
    if about.of is Of.FULFILLMENT and name.startswith("fulfillment.") and subject_id != timer.subject_id:
        return None
    if name in END_NAMES[timer.stage] and at >= timer.started_at:
        return at, name in VOIDING_NAMES and timer.stage != "partner_ack"
    if name == OrderCancelled.spec.name or (name in VOIDING_NAMES and about.of is Of.FULFILLMENT):
        return at, True
    return None


def _ended_cases(timers: Sequence[SlaTimer]) -> dict[int, tuple[datetime, bool]]:
    mine = [timer for timer in timers if STAGES[timer.stage].of is Of.CASE]
    cases = ExceptionCase.objects.in_bulk({timer.subject_id for timer in mine}) if mine else {}
    found = {}
    for timer in mine:
        case = cases.get(timer.subject_id)
        at = case_end(timer.stage, case) if case else timer.due_at
        if at is not None:
            found[timer.pk] = (at, case is None)
    return found


def case_end(stage: str, case: ExceptionCase) -> datetime | None:
    """When the stage of the case was over; None: it is not."""
    if stage == "case_response" and case.first_response_at is not None:
        return case.first_response_at
    return None if case.state in CASE_STANDING else case.resolved_at or case.last_seen_at


def _ended_approvals(timers: Sequence[SlaTimer]) -> dict[int, tuple[datetime, bool]]:
    mine = [timer for timer in timers if STAGES[timer.stage].of is Of.APPROVAL]
    rows = ApprovalRequest.objects.in_bulk({timer.subject_id for timer in mine}) if mine else {}
    found = {}
    for timer in mine:
        row = rows.get(timer.subject_id)
        if row is None or row.state != ApprovalState.PENDING:
            found[timer.pk] = (row.ended_at or timer.due_at if row else timer.due_at, row is None)
    return found


def _read(sql: str, parameters: Sequence[Any]) -> list[SlaTimer]:
    with connection.cursor() as cursor:
        cursor.execute(sql.format(columns=columns_of(SlaTimer, "t")), parameters)
        return [load_row(SlaTimer, values) for values in cursor.fetchall()]
