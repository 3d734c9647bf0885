"""What a policy would have said of what happened: the same stages, judged by two sets of rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection

from apps.casework.models import ApprovalRequest, ExceptionCase
from apps.core.event_types import names_of
from apps.fulfillment.events import FulfillmentPicked, FulfillmentRequested
from apps.orders.events import OrderCancelled
from apps.orders.models import Order
from apps.sla.active_policy import ActivePolicy
from apps.sla.endings import END_NAMES, NODE_HAS_IT, TELLING_NAMES, VOIDING_NAMES
from apps.sla.facts import Facts, approval_facts, case_facts, fulfillment_facts, order_facts
from apps.sla.pauses import Pause, holds_of, waits_of
from apps.sla.rules import Deadline
from apps.sla.selectors import case_end
from apps.sla.services.recalculating import Count
from apps.sla.stages import CASE_STAGES, STAGES, Of, Stage

MOST = 2_000
_CANCELLED, _REQUESTED, _PICKED = names_of(OrderCancelled, FulfillmentRequested, FulfillmentPicked)
_NODE_HAS_IT = names_of(*NODE_HAS_IT)
_EVENTS = """
SELECT e.stream, e.name, e.subject_id, min(e.recorded_at) FROM core_event e
 WHERE e.stream = ANY(%s::text[]) AND e.name = ANY(%s::text[]) AND coalesce((e.data ->> 'complete')::boolean, true)
 GROUP BY 1, 2, 3
"""
_NAMES = sorted(TELLING_NAMES | {*_NODE_HAS_IT, _PICKED})


@dataclass(frozen=True, slots=True)
class Span:
    """One stage as it went. ``end`` None: it goes on."""

    stage: str
    facts: Facts
    start: datetime
    end: datetime | None
    stills: Sequence[Pause] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """Breaches of one stage, under the policy that holds and under the other."""

    stage: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Preview:
    """``orders``: how many were looked at; ``capped``: there were more."""

    rows: list[Row]
    orders: int
    cases: int
    capped: bool

    @property
    def before(self) -> int:
        return sum(row.before for row in self.rows)

    @property
    def after(self) -> int:
        return sum(row.after for row in self.rows)


def preview(before: ActivePolicy, after: ActivePolicy, *, start: datetime, end: datetime, now: datetime) -> Preview:
    """How many breaches what began between ``start`` and ``end`` would have had under each of the two."""
    orders = list(Order.objects.filter(received_at__gte=start, received_at__lt=end).order_by("-pk")[: MOST + 1])
    capped, orders = len(orders) > MOST, orders[:MOST]
    spans = _with_stills([*_order_spans(orders, after), *_case_spans(start, end), *_approval_spans(start, end)])
    counts = {"before": _breaches(spans, before, now), "after": _breaches(spans, after, now)}
    rows = [
        Row(stage, counts["before"].get(stage, 0), counts["after"].get(stage, 0))
        for stage in STAGES
        if stage in counts["before"] or stage in counts["after"]
    ]
    return Preview(rows, len(orders), len({s.facts.subject_id for s in spans if s.stage in CASE_STAGES}), capped)


def _breaches(spans: Iterable[Span], book: ActivePolicy, now: datetime) -> dict[str, int]:
    """Late ones by stage; a stage that the policy times and none was late in stands there with 0."""
    found: dict[str, int] = {}
    for span in spans:
        deadline = book.rulebook.deadline(span.stage, span.facts.subject, span.start)
        if deadline is not None:
            found[span.stage] = found.get(span.stage, 0) + _is_late(span, deadline, book, span.end or now)
    return found


def _is_late(span: Span, deadline: Deadline, book: ActivePolicy, end: datetime) -> bool:
    """Time that the clock would have stood still is taken off."""
    rule = book.rulebook.policy.rules[deadline.rule]
    if end <= deadline.due_at or not rule.pausable or not rule.pause:
        return end > deadline.due_at
    hours = book.calendars.hours(rule.calendar, span.facts.subject)
    due = Count(span.start, deadline.total_s, rule, hours, span.stills).due()
    return end > due.due and (due.stands_since is None or end < due.stands_since)


def _with_stills(spans: Sequence[Span]) -> list[Span]:
    held = holds_of({one.facts.order_id for one in spans if one.facts.order_id is not None})
    waits = waits_of({one.facts.subject_id for one in spans if one.stage in CASE_STAGES})
    return [replace(one, stills=_stills(one, held, waits)) for one in spans]


def _stills(span: Span, held: Mapping[int, Sequence[Pause]], waits: Mapping[int, Sequence[Pause]]) -> Sequence[Pause]:
    if span.stage in CASE_STAGES:
        return waits.get(span.facts.subject_id, ())
    return held.get(span.facts.order_id or 0, ()) if STAGES[span.stage].of is not Of.APPROVAL else ()


def _order_spans(orders: Sequence[Order], book: ActivePolicy) -> Iterator[Span]:
    histories = _histories([order.public_id for order in orders])
    mine = order_facts([order.pk for order in orders], book)
    goods_ids = {pk for happened in histories.values() for name, pk, _ in happened if name.startswith("fulfillment.")}
    goods = fulfillment_facts(goods_ids, book)
    for order in orders:
        happened = histories.get(order.public_id, [])
        if any(name == _CANCELLED for name, _, _ in happened) or order.pk not in mine:
            continue
        for stage in (Stage.RESPONSE, Stage.ROUTING, Stage.DELIVERY):
            yield Span(stage, mine[order.pk], order.received_at, _end(stage, happened))
        for pk in {pk for name, pk, _ in happened if name.startswith("fulfillment.") and pk in goods}:
            yield from _goods_spans(goods[pk], [one for one in happened if one[1] == pk and one[0].startswith("fulf")])


def _goods_spans(facts: Facts, happened: Sequence[tuple[str, int, datetime]]) -> Iterator[Span]:
    names = {name for name, _, _ in happened}
    began = min((at for name, _, at in happened if name in _NODE_HAS_IT), default=None)
    if began is None or names & VOIDING_NAMES:
        return
    outside = facts.place is not None and facts.place.outside
    if _REQUESTED in names:
        yield Span(Stage.PARTNER_ACK, facts, began, _end(Stage.PARTNER_ACK, happened))
    if not outside:
        yield Span(Stage.PICK_START, facts, began, _end(Stage.PICK_START, happened))
        picked = min((at for name, _, at in happened if name == _PICKED), default=None)
        if picked is not None:
            yield Span(Stage.PACK, facts, picked, _end(Stage.PACK, happened))
    yield Span(Stage.SHIP, facts, began, _end(Stage.SHIP, happened))


def _end(stage: str, happened: Iterable[tuple[str, int, datetime]]) -> datetime | None:
    ends = END_NAMES[stage]
    return min((at for name, _, at in happened if name in ends), default=None)


def _histories(streams: Sequence[str]) -> Mapping[str, list[tuple[str, int, datetime]]]:
    found: dict[str, list[tuple[str, int, datetime]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, [list(streams), _NAMES])
        for stream, name, subject_id, at in cursor.fetchall():
            found.setdefault(stream, []).append((name, subject_id, at))
    return found


def _case_spans(start: datetime, end: datetime) -> Iterator[Span]:
    rows = ExceptionCase.objects.filter(opened_at__gte=start, opened_at__lt=end).select_related("order", "queue")
    cases = list(rows.order_by("-pk")[:MOST])
    for stage in CASE_STAGES:
        facts = case_facts(cases, stage) if cases else {}
        for case in cases:
            yield Span(stage, facts[case.pk], case.opened_at, case_end(stage, case))


def _approval_spans(start: datetime, end: datetime) -> Iterator[Span]:
    rows = ApprovalRequest.objects.filter(made_at__gte=start, made_at__lt=end).select_related("order")
    approvals = list(rows.order_by("-pk")[:MOST])
    facts = approval_facts(approvals)
    for row in approvals:
        yield Span(Stage.APPROVAL, facts[row.pk], row.made_at, row.ended_at)
