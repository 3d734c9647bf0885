"""The numbers of the home page. Each is one bounded statement: none of them slows down as the shop grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncHour

from apps.accounts.caller import Caller
from apps.accounts.models import User
from apps.casework.states import STANDING, CaseType, Severity
from apps.console.cases.listing import CaseRow, most_urgent_rows
from apps.console.shell.visibility import cases_for, fulfillment_for, nodes_for, orders_for
from apps.core import clock
from apps.fulfillment.models import Shipment
from apps.fulfillment.states import FulfillmentState
from apps.network.models import Node, NodeDay
from apps.orchestration import housekeeping, queue
from apps.orchestration.selectors import parked_runs
from apps.orders.models import Hold, Order
from apps.orders.states import BEFORE_LEAVING, OrderState
from apps.ui.language import choices

MOST = 10_000
RECENT = 20_000
HOURS = 24
URGENT = 6
SPARK_HEIGHT = 36
WORKING = (FulfillmentState.OPEN, FulfillmentState.ACCEPTED, FulfillmentState.PICKED, FulfillmentState.PACKED)
LATE_STEP = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Bar:
    """A labelled number with its share (per cent) of the largest beside it."""

    value: str
    label: str
    count: int
    share: float
    capped: bool = False

    @property
    def top(self) -> float:
        """Where an upright bar begins, from above."""
        return 100 - self.share


@dataclass(frozen=True, slots=True)
class SparklinePoint:
    """One hour of a small chart, ``x`` hours from its left; ``tall`` in units of the chart's own height."""

    x: int
    tall: float
    count: int
    label: str

    @property
    def y(self) -> float:
        return SPARK_HEIGHT - self.tall


@dataclass(frozen=True, slots=True)
class NodeLoad:
    """What a node has to do. ``parts``: (state, x, width, count), in per cent of the busiest node."""

    node: Node
    waiting: int
    parts: list[tuple[str, float, float, int]]
    assigned: int
    capacity: int | None
    share: float


@dataclass(frozen=True, slots=True)
class Health:
    """How the machine room is. ``ok`` False: somebody should look."""

    canary: timedelta | None
    canary_ok: bool
    oldest_due: timedelta | None
    due_ok: bool
    parked: int

    @property
    def ok(self) -> bool:
        return self.canary_ok and self.due_ok


@dataclass(frozen=True, slots=True)
class Today:
    states: list[Bar]
    received: int
    received_hours: list[SparklinePoint]
    shipped: int
    shipped_hours: list[SparklinePoint]
    on_hold: int
    cases: list[Bar]
    case_count: int
    urgent: list[CaseRow]
    grave_count: int
    nodes: list[NodeLoad]
    waiting: list[Order]
    health: Health
    any_orders: bool


def read_today(caller: Caller, user: User) -> Today:
    """Everything on the page, as the caller may see it; ``user``: who looks."""
    now = clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    received = _received(caller, now)
    shipped = _shipped(caller, now)
    states = _states(caller)
    cases = _cases(caller)
    standing = cases_for(caller).filter(state__in=STANDING)
    grave = standing.filter(severity__in=[Severity.HIGH, Severity.CRITICAL])
    return Today(
        states=states,
        received=sum(count for hour, count in received.items() if hour >= midnight),
        received_hours=_sparks(received, now),
        shipped=sum(count for hour, count in shipped.items() if hour >= midnight),
        shipped_hours=_sparks(shipped, now),
        on_hold=_on_hold(caller),
        cases=cases,
        case_count=sum(bar.count for bar in cases),
        urgent=most_urgent_rows(standing, user, URGENT),
        grave_count=grave[:MOST].count(),
        nodes=_nodes(caller, now),
        waiting=_longest_waiting(caller),
        health=_health(now),
        any_orders=any(bar.count for bar in states),
    )


def _states(caller: Caller) -> list[Bar]:
    """How many orders stand in each state, counted no further than is useful."""
    rows = orders_for(caller)
    counts = [
        (value, label, rows.filter(state=value)[: MOST + 1].count()) for value, label in choices(OrderState.choices)
    ]
    most = max(min(count, MOST) for _value, _label, count in counts) or 1
    return [Bar(v, label, min(n, MOST), 100 * min(n, MOST) / most, capped=n > MOST) for v, label, n in counts]


def _received(caller: Caller, now: datetime) -> dict[datetime, int]:
    return _by_hour(orders_for(caller), "received_at", now)


def _shipped(caller: Caller, now: datetime) -> dict[datetime, int]:
    rows: QuerySet[Shipment] = Shipment.objects.all()
    if caller.nodes:
        rows = rows.filter(fulfillment_order__node__code__in=caller.nodes)
    return _by_hour(rows, "shipped_at", now)


def _by_hour(rows: QuerySet[Any], moment: str, now: datetime) -> dict[datetime, int]:
    """How many in each of the last hours, among the newest rows only: there is no index on these times."""
    newest = rows.order_by("-pk").values_list("pk", flat=True)
    floor = next(iter(newest[RECENT : RECENT + 1]), None)
    recent = rows.filter(pk__gt=floor) if floor is not None else rows
    hours = recent.filter(**{f"{moment}__gte": _first_hour(now)}).order_by().annotate(hour=TruncHour(moment))
    return dict(hours.values_list("hour").annotate(count=Count("pk")))


def _first_hour(now: datetime) -> datetime:
    return (now - timedelta(hours=HOURS - 1)).replace(minute=0, second=0, microsecond=0)


def _sparks(counts: Mapping[datetime, int], now: datetime) -> list[SparklinePoint]:
    most = max(counts.values(), default=0) or 1
    hours = [_first_hour(now) + timedelta(hours=place) for place in range(HOURS)]
    return [
        SparklinePoint(place, max(SPARK_HEIGHT * counts.get(hour, 0) / most, 2), counts.get(hour, 0), f"{hour:%H}:00")
        for place, hour in enumerate(hours)
    ]


def _on_hold(caller: Caller) -> int:
    held = Hold.objects.filter(released_at__isnull=True).values("order_id")
    return orders_for(caller).filter(pk__in=held)[: MOST + 1].count()


def _cases(caller: Caller) -> list[Bar]:
    rows = cases_for(caller).filter(state__in=STANDING).order_by().values_list("type")
    counts = sorted(rows.annotate(count=Count("pk")), key=lambda row: (-row[1], row[0]))
    most = counts[0][1] if counts else 1
    words = dict(choices(CaseType.choices))
    return [Bar(kind, words.get(kind, kind), count, 100 * count / most) for kind, count in counts]


def _nodes(caller: Caller, now: datetime) -> list[NodeLoad]:
    working = fulfillment_for(caller).filter(state__in=WORKING).order_by().values_list("node_id", "state")
    counts = {(node, state): count for node, state, count in working.annotate(count=Count("pk"))}
    today = dict(NodeDay.objects.filter(day=now.date()).values_list("node_id", "assigned"))
    nodes = list(nodes_for(caller).filter(active=True))
    sums = {node.pk: sum(counts.get((node.pk, state), 0) for state in WORKING) for node in nodes}
    most = max(sums.values(), default=0) or 1
    loads = [
        _load(node, {s: counts.get((node.pk, s), 0) for s in WORKING}, most, today.get(node.pk, 0)) for node in nodes
    ]
    return sorted(loads, key=lambda load: (-load.waiting, load.node.name))[:12]


def _load(node: Node, counts: dict[FulfillmentState, int], most: int, assigned: int) -> NodeLoad:
    parts, x = [], 0.0
    for state, count in counts.items():
        if count:
            width = 100 * count / most
            parts.append((str(state.value), x, width, count))
            x += width
    share = 100 * assigned / node.capacity_per_day if node.capacity_per_day else 0.0
    return NodeLoad(node, sum(counts.values()), parts, assigned, node.capacity_per_day, min(share, 100.0))


def _longest_waiting(caller: Caller) -> list[Order]:
    """The oldest orders nobody has shipped yet, by when they came."""
    found: list[Order] = []
    for state in BEFORE_LEAVING:
        rows = orders_for(caller).filter(state__spelled=[state])
        found += rows.order_by("pk")[:6]
    return sorted(found, key=lambda order: order.pk)[:6]


def _health(now: datetime) -> Health:
    canary, due = housekeeping.canary_age(), queue.oldest_due()
    waiting = now - due if due else None
    return Health(
        canary=canary,
        canary_ok=canary is not None and canary < housekeeping.CANARY_STALE,
        oldest_due=waiting,
        due_ok=waiting is None or waiting < LATE_STEP,
        parked=parked_runs()[: MOST + 1].count(),
    )
