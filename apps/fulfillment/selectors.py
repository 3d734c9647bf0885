"""Reads of fulfillment, and every lock on it (always after the order's, in pk order)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, QuerySet

from apps.catalog.selectors import components_of
from apps.core.bulk.raw_rows import columns_of, load_row, select_rows
from apps.fulfillment.errors import FulfillmentOrderNotFound
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.states import BEFORE_SHIPPED, GIVEN_UP, FulfillmentState, RequestState
from apps.inventory.models import StockLevel
from apps.inventory.selectors import LIVE
from apps.network.models import Node, NodeKind
from apps.orders.models import Hold, Order, OrderLine
from apps.orders.selectors import lines_by_order

OUTSIDE = (NodeKind.THIRD_PARTY, NodeKind.DROPSHIP)
# What is picked is in somebody's hands: it exists, whatever the count says.
NOT_IN_HAND = (FulfillmentState.OPEN, FulfillmentState.ACCEPTED)
_IN_HAND = (FulfillmentState.PICKED, FulfillmentState.PACKED, FulfillmentState.SHIPPED, FulfillmentState.DELIVERED)
MOST_NOT_PICKED = 50


def lock_fulfillment_order(fulfillment_order_id: int) -> FulfillmentOrder:
    """The fulfillment order, locked; of its order, which is not locked, the ids and state are at hand.

    Raises FulfillmentOrderNotFound.
    """
    found = _locked("f.id = %s", fulfillment_order_id)
    if not found:
        raise FulfillmentOrderNotFound(fulfillment_order=fulfillment_order_id)
    return found[0]


def lock_fulfillment_orders(fulfillment_order_ids: Iterable[int]) -> dict[int, FulfillmentOrder]:
    """Many as ``lock_fulfillment_order`` gives one, by pk and locked in pk order; what is not there is left out."""
    return {row.pk: row for row in _locked("f.id = ANY(%s::bigint[]) ORDER BY f.id", list(set(fulfillment_order_ids)))}


def _locked(which: str, value: int | list[int]) -> list[FulfillmentOrder]:
    with connection.cursor() as cursor:
        cursor.execute(_lock_sql(which), [value])
        return [_with_order(values) for values in cursor.fetchall()]


def _with_order(values: Sequence[Any]) -> FulfillmentOrder:
    row = load_row(FulfillmentOrder, values[:-3])
    row.order = Order.from_db("default", ["id", "public_id", "state"], values[-3:])
    return row


@cache
def _lock_sql(which: str) -> str:
    return (
        f"SELECT {columns_of(FulfillmentOrder, 'f')}, o.id, o.public_id, o.state FROM {FulfillmentOrder._meta.db_table} f "
        f"JOIN {Order._meta.db_table} o ON o.id = f.order_id WHERE {which} FOR NO KEY UPDATE OF f"
    )


def lock_of_orders(order_ids: Iterable[int]) -> list[FulfillmentOrder]:
    """All fulfillment orders of these orders, locked in pk order."""
    return list(
        FulfillmentOrder.objects.select_for_update(no_key=True).filter(order_id__among=order_ids).order_by("pk")
    )


def pk_of(public_id: str) -> int:
    """Raises FulfillmentOrderNotFound."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {FulfillmentOrder._meta.db_table} WHERE public_id = %s", [public_id])
        found = cursor.fetchone()
    if found is None:
        raise FulfillmentOrderNotFound(fulfillment_order=public_id)
    return int(found[0])


def lines_of(fulfillment_order_id: int) -> list[FulfillmentLine]:
    return select_rows(FulfillmentLine, "WHERE t.fulfillment_order_id = %s ORDER BY t.id", [fulfillment_order_id])


def lines_by_fulfillment_order(fulfillment_order_ids: Iterable[int]) -> dict[int, list[FulfillmentLine]]:
    found: dict[int, list[FulfillmentLine]] = {pk: [] for pk in fulfillment_order_ids}
    for line in select_rows(
        FulfillmentLine, "WHERE t.fulfillment_order_id = ANY(%s::bigint[]) ORDER BY t.id", [list(found)]
    ):
        found[line.fulfillment_order_id].append(line)
    return found


def sku_codes_of(line_ids: Collection[int]) -> dict[int, str]:
    """SKU codes by fulfillment line pk."""
    rows = FulfillmentLine.objects.filter(pk__among=line_ids).order_by("pk")
    return dict(rows.values_list("pk", "sku__code"))


class ShownLine(NamedTuple):
    """A fulfillment line in the words of callers: the order line's id and the SKU's code."""

    line_id: str
    sku: str
    quantity: int
    picked_quantity: int
    shipped_quantity: int
    short_quantity: int


def shown_lines(fulfillment_order_ids: Collection[int]) -> dict[int, list[ShownLine]]:
    """The lines of each fulfillment order, as they are shown."""
    found: dict[int, list[ShownLine]] = {pk: [] for pk in fulfillment_order_ids}
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN_LINES, [list(found)])
        for pk, *values in cursor.fetchall():
            found[pk].append(ShownLine(*values))
    return found


_SHOWN_LINES = """
SELECT l.fulfillment_order_id, o.line_id, s.code, l.quantity, l.picked_quantity, l.shipped_quantity, l.short_quantity
  FROM fulfillment_fulfillmentline l JOIN orders_orderline o ON o.id = l.order_line_id JOIN catalog_sku s ON s.id = l.sku_id
 WHERE l.fulfillment_order_id = ANY(%s::bigint[]) ORDER BY l.id
"""


def lines_and_hold(row: FulfillmentOrder) -> tuple[list[FulfillmentLine], bool]:
    """The lines of a locked fulfillment order, and whether a hold stands on its order, in one look under the lock."""
    with connection.cursor() as cursor:
        cursor.execute(_lines_and_hold_sql(), [row.order_id, row.pk])
        found = cursor.fetchall()
    return [load_row(FulfillmentLine, values[1:]) for values in found], bool(found and found[0][0])


@cache
def _lines_and_hold_sql() -> str:
    return (
        f"SELECT EXISTS (SELECT 1 FROM {Hold._meta.db_table} h WHERE h.order_id = %s AND h.released_at IS NULL), "
        f"{columns_of(FulfillmentLine, 't')} FROM {FulfillmentLine._meta.db_table} t "
        f"WHERE t.fulfillment_order_id = %s ORDER BY t.id"
    )


def anything_left(order_id: int) -> bool:
    """Whether any part of the order has left the building."""
    return (
        FulfillmentOrder.objects.filter(
            order_id=order_id, state__in=[FulfillmentState.SHIPPED, FulfillmentState.DELIVERED]
        ).exists()
        or FulfillmentLine.objects.filter(fulfillment_order__order_id=order_id, shipped_quantity__gt=0).exists()
    )


def goods_out(rows: Iterable[FulfillmentOrder]) -> bool:
    """Whether anything has left of these as it was meant to; what left although it was called off is another matter."""
    kept = [row.pk for row in rows if row.state not in GIVEN_UP]
    return FulfillmentLine.objects.filter(fulfillment_order__in=kept, shipped_quantity__gt=0).exists()


def whole_units_left(order_id: int) -> dict[int, int]:
    """Units that have left as they were meant to, by order line pk; a set has, once each of its parts has."""
    rows = FulfillmentLine.objects.exclude(fulfillment_order__state__in=GIVEN_UP)
    lines = lines_by_order([order_id])[order_id]
    out = _whole_units(lines, rows.filter(fulfillment_order__order_id=order_id))
    return {line.pk: min(out[line.pk], line.open_quantity) for line in lines if min(out[line.pk], line.open_quantity)}


def whole_units_out(order_id: int) -> dict[int, int]:
    """Units that have left, by order line pk, also those that were not meant to any more."""
    rows = FulfillmentLine.objects.filter(fulfillment_order__order_id=order_id)
    out = _whole_units(lines_by_order([order_id])[order_id], rows)
    return {pk: units for pk, units in out.items() if units}


def _whole_units(lines: Sequence[OrderLine], rows: QuerySet[FulfillmentLine]) -> dict[int, int]:
    shipped = Counter[tuple[int, int]]()
    done = rows.filter(shipped_quantity__gt=0).values_list("order_line_id", "sku_id", "shipped_quantity")
    for line_id, sku_id, units in done:
        shipped[line_id, sku_id] += units
    parts = components_of({line.sku_id for line in lines if line.sku_id})
    needed = {line.pk: {row.component_id: row.quantity for row in parts.get(line.sku_id or 0, ())} for line in lines}
    return {
        line.pk: min(shipped[line.pk, sku] // each for sku, each in (needed[line.pk] or {line.sku_id or 0: 1}).items())
        for line in lines
    }


def nodes_outside(node_ids: Iterable[int]) -> set[int]:
    """Which of the nodes are run by a partner."""
    return set(Node.objects.filter(pk__in=set(node_ids), kind__in=OUTSIDE).values_list("pk", flat=True))


def states_by_order(order_ids: Collection[int]) -> dict[int, list[str]]:
    """The states of each order's fulfillment orders that were not given up."""
    found: dict[int, list[str]] = {pk: [] for pk in order_ids}
    rows = FulfillmentOrder.objects.filter(order_id__among=order_ids).exclude(state__in=GIVEN_UP)
    for order_id, state in rows.values_list("order_id", "state"):
        found[order_id].append(state)
    return found


def lines_under_way(order_line_ids: Collection[int]) -> set[int]:
    """Which of the order lines a node has units of that have not left, by pk."""
    rows = FulfillmentLine.objects.filter(
        order_line_id__among=order_line_ids,
        fulfillment_order__state__in=BEFORE_SHIPPED,
        quantity__gt=F("shipped_quantity"),
    )
    return set(rows.values_list("order_line_id", flat=True))


_REFUSALS = """
SELECT line.order_line_id, node.code
  FROM fulfillment_fulfillmentline line
  JOIN fulfillment_fulfillmentorder work ON work.id = line.fulfillment_order_id
  JOIN network_node node ON node.id = work.node_id
 WHERE work.order_id = ANY(%s::bigint[]) AND (work.state = %s OR line.short_quantity > 0)
"""


def refusing_nodes(order_ids: Collection[int]) -> dict[int, set[str]]:
    """Codes of the nodes that rejected an order line or could not find it, by order line pk."""
    found: dict[int, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_REFUSALS, [list(order_ids), FulfillmentState.REJECTED])
        for line, node in cursor.fetchall():
            found.setdefault(line, set()).add(node)
    return found


class UnitsInHand(NamedTuple):
    """``stuck``: names of nodes that have packed or shipped some of it that has not arrived, or are partners that have it."""

    stuck: list[str]
    at_nodes: int


_TAKEN = (RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.OUTCOME_UNKNOWN, RequestState.CANCEL_REJECTED)


def in_hand(order_id: int) -> UnitsInHand:
    """How far the work on an order has come that would have to be notified of a change."""
    rows = FulfillmentOrder.objects.filter(
        order_id=order_id, state__in=[*BEFORE_SHIPPED, FulfillmentState.SHIPPED]
    ).select_related("node")
    found = list(rows.order_by("pk"))
    stuck = [row.node.name for row in found if is_stuck(row)]
    return UnitsInHand(list(dict.fromkeys(stuck)), len({row.node_id for row in found}))


def is_stuck(row: FulfillmentOrder) -> bool:
    """Whether a label or a partner bears what was said before: changing the order here changes nothing there."""
    return row.state in (FulfillmentState.PACKED, FulfillmentState.SHIPPED) or row.request_state in _TAKEN


def not_picked_at(level: StockLevel) -> list[FulfillmentOrder]:
    """The newest fulfillment orders with the level's SKU that its node has not picked yet, with order and lines."""
    rows = FulfillmentOrder.objects.filter(node=level.node_id, state__in=NOT_IN_HAND, lines__sku=level.sku_id)
    unshipped = rows.exclude(lines__shipped_quantity__gt=0).select_related("order").prefetch_related("lines")
    return list(unshipped.distinct().order_by("-order_id", "-pk")[:MOST_NOT_PICKED])


def claims_in_hand(level_ids: Collection[int]) -> set[int]:
    """The claims on these levels, by pk, whose goods are picked already, or have left and are still to be issued."""
    rows = FulfillmentLine.objects.filter(
        fulfillment_order__state__in=_IN_HAND, reservation__level__in=level_ids, reservation__state__in=LIVE
    )
    return {pk for pk in rows.values_list("reservation_id", flat=True) if pk is not None}


_NOT_ISSUED = """
SELECT s.id, o.id, o.public_id
  FROM fulfillment_shipment s JOIN fulfillment_fulfillmentorder f ON f.id = s.fulfillment_order_id
  JOIN orders_order o ON o.id = f.order_id
 WHERE s.public_id = ANY(%s::text[]) AND NOT s.goods_issued
 ORDER BY s.id FOR NO KEY UPDATE OF s
"""


def lock_not_issued(shipment_refs: Iterable[str]) -> tuple[list[int], dict[int, str]]:
    """Those of the shipments that are still to be posted, locked, by pk; and their orders' public ids by order pk."""
    with connection.cursor() as cursor:
        cursor.execute(_NOT_ISSUED, [list(shipment_refs)])
        found = cursor.fetchall()
    return [row[0] for row in found], {order: ref for _, order, ref in found}
