"""How the business does: the last seven days against the seven before, by channel and by location, as its owner reads it.

Plain statements over the orders placed in that time, a minute old at most. An order counts in the week it was placed in.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.accounts.caller import Caller
from apps.casework.states import STANDING
from apps.channels.models import Channel
from apps.console.shell.visibility import cases_for
from apps.core import clock
from apps.core.process_cache import get_or_load
from apps.ui.language import language, translated
from apps.ui.locale import money, number, own_locale, percent

WEEK = timedelta(days=7)
FRESH_S = 60.0
# Who runs the place: those who decide, not those who pick or call the API.
SCOPE = "approvals:decide"

_COHORT = """
WITH cohort AS (
  SELECT o.id, o.channel, o.currency, o.total_minor, o.state, o.placed_at >= %(middle)s AS recent
    FROM orders_order o
   WHERE o.placed_at >= %(since)s AND o.placed_at < %(until)s
     AND (%(everywhere)s OR EXISTS (SELECT 1 FROM fulfillment_fulfillmentorder f JOIN network_node n ON n.id = f.node_id
                                     WHERE f.order_id = o.id AND n.code = ANY(%(nodes)s)))
)"""
_CHANNELS = f"""{_COHORT}, units AS (
  SELECT l.order_id, sum(l.quantity) AS n FROM orders_orderline l JOIN cohort c ON c.id = l.order_id GROUP BY 1
), parts AS (
  SELECT f.order_id, count(*) AS n FROM fulfillment_fulfillmentorder f JOIN cohort c ON c.id = f.order_id
   WHERE f.state NOT IN ('rejected', 'cancelled') GROUP BY 1
)
SELECT c.channel, c.currency, c.recent, count(*),
       coalesce(sum(c.total_minor) FILTER (WHERE c.state <> 'cancelled'), 0), count(*) FILTER (WHERE c.state = 'cancelled'),
       count(*) FILTER (WHERE u.n > 1 AND p.n >= 1), count(*) FILTER (WHERE u.n > 1 AND p.n > 1),
       count(*) FILTER (WHERE c.state IN ('released', 'shipped', 'delivered')),
       count(*) FILTER (WHERE c.state IN ('released', 'shipped', 'delivered')
         AND NOT EXISTS (SELECT 1 FROM casework_exceptioncase e WHERE e.order_id = c.id)
         AND NOT EXISTS (SELECT 1 FROM orders_hold h WHERE h.order_id = c.id AND h.placed_by LIKE 'staff:%%'))
  FROM cohort c LEFT JOIN units u ON u.order_id = c.id LEFT JOIN parts p ON p.order_id = c.id
 GROUP BY 1, 2, 3"""
# A location's cost of an order is that of the last decision that chose it.
_NODES = f"""{_COHORT}, work AS (
  SELECT f.id, f.order_id, f.node_id, n.code, n.name, c.recent, f.ship_by, c.channel
    FROM cohort c JOIN fulfillment_fulfillmentorder f ON f.order_id = c.id JOIN network_node n ON n.id = f.node_id
   WHERE f.state NOT IN ('rejected', 'cancelled') AND (%(everywhere)s OR n.code = ANY(%(nodes)s))
), sent AS (
  SELECT s.fulfillment_order_id AS id, min(s.shipped_at) AS at, count(p.id) AS parcels
    FROM fulfillment_shipment s JOIN work w ON w.id = s.fulfillment_order_id
    LEFT JOIN fulfillment_package p ON p.shipment_id = s.id GROUP BY 1
), cost AS (
  SELECT DISTINCT ON (d.order_id, k->>'site') d.order_id, k->>'site' AS code, d.currency,
         (k->>'shipment_milli')::bigint + (k->>'distance_milli')::bigint + (k->>'weight_milli')::bigint
         + (k->>'handling_milli')::bigint + (k->>'pick_milli')::bigint + (k->>'split_milli')::bigint AS milli
    FROM routing_routingdecision d JOIN cohort c ON c.id = d.order_id, json_array_elements(d.plan->'costs') k
   ORDER BY d.order_id, k->>'site', d.id DESC
)
SELECT w.code, w.name, w.channel, coalesce(k.currency, ''), w.recent, coalesce(sum(s.parcels), 0),
       count(*) FILTER (WHERE s.at IS NOT NULL AND NOT late), count(*) FILTER (WHERE late),
       coalesce(sum(k.milli) FILTER (WHERE s.parcels > 0), 0)
  FROM work w LEFT JOIN sent s ON s.id = w.id LEFT JOIN cost k ON k.order_id = w.order_id AND k.code = w.code
 CROSS JOIN LATERAL (SELECT coalesce(w.ship_by < coalesce(s.at, %(until)s), false) OR EXISTS (
     SELECT 1 FROM sla_slatimer t WHERE t.stage = 'ship' AND t.subject_id = w.id AND t.breached_at IS NOT NULL) AS late) l
 GROUP BY 1, 2, 3, 4, 5"""


@dataclass(slots=True)
class WeekTotals:
    """What is counted of a week. Money in minor units by currency; ``cost`` in thousandths of a minor unit."""

    sales: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    cost: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    at_risk: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    orders: int = 0
    cancelled: int = 0
    splittable: int = 0
    split: int = 0
    settled: int = 0
    alone: int = 0
    parcels: int = 0
    on_time: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """A value now and a week before, as text; empty: there is nothing to count. ``better``: whether the change is a good one,
    None where it is neither."""

    now: str
    before: str
    better: bool | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One channel, one location, or all. ``figures`` in the order of ``COLUMNS``."""

    label: str
    href: str
    figures: list[Figure]


COLUMNS = (
    (gettext_noop("Sales"), gettext_noop("Orders placed and not cancelled, at what the customer pays.")),
    (gettext_noop("Orders"), gettext_noop("Orders placed.")),
    (
        gettext_noop("On time"),
        gettext_noop("Parcels that left by their ship-by and within their SLA, of those that left or are late."),
    ),
    (
        gettext_noop("Cost per parcel"),
        gettext_noop("What the routing decisions expect carriage and handling to cost, by parcel that left."),
    ),
    (
        gettext_noop("Split"),
        gettext_noop("Of the orders of more than one unit, those that leave in more than one part."),
    ),
    (gettext_noop("Cancelled"), gettext_noop("Of the orders placed.")),
    (
        gettext_noop("Without a person"),
        gettext_noop("Of the orders released or shipped, those with no exception and no hold by hand."),
    ),
    (gettext_noop("Value at risk"), gettext_noop("What the open exceptions are about, now and a week ago.")),
)
# What a location can be asked: an order belongs to none of them alone.
OF_NODES = frozenset({"On time", "Cost per parcel", "Value at risk"})


def columns() -> list[tuple[str, str]]:
    """(name, meaning) of each figure."""
    return [(translated(name), translated(meaning)) for name, meaning in COLUMNS]


def columns_of_nodes() -> set[str]:
    """The names of those that a location has."""
    return {translated(name) for name in OF_NODES}


@dataclass(frozen=True, slots=True)
class Business:
    total: Row
    channels: list[Row]
    nodes: list[Row]


def read_business(caller: Caller) -> Business | None:
    """None: the caller does not run the place."""
    if SCOPE not in caller.scopes:
        return None
    key = f"{language()} {own_locale()} {','.join(sorted(caller.nodes)) or 'all'}"
    return get_or_load("business", key, lambda: _read(caller), seconds=FRESH_S)


def _read(caller: Caller) -> Business:
    until = clock.now()
    asked: dict[str, Any] = {"since": until - 2 * WEEK, "middle": until - WEEK, "until": until}
    asked |= {"everywhere": not caller.nodes, "nodes": list(caller.nodes)}
    weeks: dict[tuple[str, str], dict[bool, WeekTotals]] = defaultdict(
        lambda: {True: WeekTotals(), False: WeekTotals()}
    )
    for channel, currency, recent, *counts in _rows(_CHANNELS, asked):
        for place in ("all", ""), ("channel", channel):
            _add_orders(weeks[place][recent], currency, counts)
    names = {}
    for code, name, channel, currency, recent, *counts in _rows(_NODES, asked):
        names[code] = name
        for place in ("all", ""), ("channel", channel), ("node", code):
            _add_parcels(weeks[place][recent], currency, counts)
    _add_at_risk(weeks, caller, until)
    labels = dict(Channel.objects.values_list("code", "name"))
    return Business(
        total=_row(_("All"), "/orders/", weeks["all", ""]),
        channels=[
            _row(labels.get(code, code), f"/orders/?channel={code}", weeks[kind, code])
            for kind, code in sorted(weeks, key=lambda place: -weeks[place][True].orders)
            if kind == "channel" and code
        ],
        nodes=[
            _row(names.get(code, code), f"/fulfillment/?node={code}", weeks[kind, code])
            for kind, code in sorted(weeks, key=lambda place: -weeks[place][True].parcels)
            if kind == "node" and code in names
        ],
    )


def _rows(sql: str, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        return list(cursor.fetchall())


def _add_orders(sums: WeekTotals, currency: str, counts: list[int]) -> None:
    orders, sales, cancelled, splittable, split, settled, alone = counts
    sums.sales[currency] += sales
    sums.orders += orders
    sums.cancelled += cancelled
    sums.splittable += splittable
    sums.split += split
    sums.settled += settled
    sums.alone += alone


def _add_parcels(sums: WeekTotals, currency: str, counts: list[int]) -> None:
    parcels, on_time, late, milli = counts
    sums.parcels += int(parcels)
    sums.on_time += on_time
    sums.late += late
    if currency:
        sums.cost[currency] += int(milli)


def _add_at_risk(weeks: dict[tuple[str, str], dict[bool, WeekTotals]], caller: Caller, until: datetime) -> None:
    rows = cases_for(caller).exclude(currency="").order_by()
    ended_since = rows.filter(resolved_at__gte=until - WEEK, opened_at__lt=until - WEEK)
    standing = rows.filter(state__in=STANDING)
    for recent, cases in ((True, standing), (False, standing.filter(opened_at__lt=until - WEEK)), (False, ended_since)):
        for channel, node, currency, value in cases.values_list("channel", "node", "currency", "value_minor"):
            for place in ("all", ""), ("channel", channel), ("node", node):
                weeks[place][recent].at_risk[currency] += value


def _row(label: str, href: str, weeks: dict[bool, WeekTotals]) -> Row:
    now, before = weeks[True], weeks[False]
    return Row(
        label,
        href,
        [
            _figure(_money(now.sales), _money(before.sales), sum(now.sales.values()), sum(before.sales.values()), 1),
            _figure(number(now.orders), number(before.orders), now.orders, before.orders, 1),
            _share(now.on_time, now.on_time + now.late, before.on_time, before.on_time + before.late, 1),
            _figure(_each(now), _each(before), _milli(now), _milli(before), -1),
            _share(now.split, now.splittable, before.split, before.splittable, -1),
            _share(now.cancelled, now.orders, before.cancelled, before.orders, -1),
            _share(now.alone, now.settled, before.alone, before.settled, 1),
            _figure(
                _money(now.at_risk), _money(before.at_risk), sum(now.at_risk.values()), sum(before.at_risk.values()), -1
            ),
        ],
    )


def _figure(now: str, before: str, value: float, was: float, good: int) -> Figure:
    """``good``: 1 where more is better, -1 where less is. Amounts of several currencies are compared by none."""
    if not now or not before or " + " in now + before or value == was:
        return Figure(now, before)
    return Figure(now, before, better=(value - was) * good > 0)


def _share(part: int, whole: int, was_part: int, was_whole: int, good: int) -> Figure:
    now, before = _percent(part, whole), _percent(was_part, was_whole)
    return _figure(now, before, part / (whole or 1), was_part / (was_whole or 1), good)


def _percent(part: int, whole: int) -> str:
    return percent(100 * part / whole, 1) if whole else ""


def _money(sums: dict[str, int]) -> str:
    return " + ".join(money(minor, currency) for currency, minor in sorted(sums.items()) if minor or len(sums) == 1)


def _milli(sums: WeekTotals) -> float:
    return sum(sums.cost.values()) / (sums.parcels or 1)


def _each(sums: WeekTotals) -> str:
    """Costs per parcel; where they are in several currencies nobody can say of which parcels."""
    if not sums.parcels or len(sums.cost) != 1:
        return ""
    (currency,) = sums.cost
    return money(round(_milli(sums) / 1000), currency)
