"""Reads of stock, and every lock on it (always in pk order)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import QuerySet

from apps.core.bulk.raw_rows import select_rows
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.states import ReservationState

LIVE = (ReservationState.RESERVED, ReservationState.ALLOCATED)


def lock_levels(level_ids: Iterable[int]) -> dict[int, StockLevel]:
    """The levels, locked in pk order, by pk."""
    in_order = "WHERE t.id = ANY(%s::bigint[]) ORDER BY t.id FOR NO KEY UPDATE"
    return {row.pk: row for row in select_rows(StockLevel, in_order, [list(set(level_ids))])}


def levels_of_skus(sku_ids: Collection[int]) -> QuerySet[StockLevel]:
    """Every level of these SKUs, not locked."""
    return StockLevel.objects.filter(sku_id__among=sku_ids)


def lock_live_reservations(reservation_ids: Iterable[int]) -> tuple[list[Reservation], dict[int, StockLevel]]:
    """Those of the reservations that still claim stock, locked in pk order; before them the levels that count them, by pk."""
    wanted, live = list(set(reservation_ids)), [str(state) for state in LIVE]
    levels = {row.pk: row for row in select_rows(StockLevel, _LEVELS_OF_CLAIMS, [wanted, live])}
    still = "WHERE t.id = ANY(%s::bigint[]) AND t.state = ANY(%s::text[]) ORDER BY t.id FOR NO KEY UPDATE"
    return select_rows(Reservation, still, [wanted, live]), levels


_LEVELS_OF_CLAIMS = """
WHERE t.id IN (SELECT level_id FROM inventory_reservation WHERE id = ANY(%s::bigint[]) AND state = ANY(%s::text[]) AND counted)
ORDER BY t.id FOR NO KEY UPDATE
"""


def live_reservations_of_orders(order_ids: Collection[int]) -> QuerySet[Reservation]:
    """What these orders still claim."""
    return Reservation.objects.filter(order_id__among=order_ids, state__in=LIVE).order_by("pk")


class LevelSeen(NamedTuple):
    """A level as planning looks at it; not locked."""

    pk: int
    node_id: int
    sku_id: int
    available: int
    backorderable: bool
    backorder_limit: int | None
    counted_at: datetime
    in_doubt: bool


def levels_seen(sku_ids: Collection[int]) -> list[LevelSeen]:
    """Every level of these SKUs. A batch of orders looks at thousands, so they are no models."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [list(sku_ids)])
        return [LevelSeen(*row) for row in cursor.fetchall()]


_SEEN = """
SELECT id, node_id, sku_id, on_hand - reserved - safety_stock, backorderable, backorder_limit, counted_at, doubted_at IS NOT NULL
  FROM inventory_stocklevel WHERE sku_id = ANY(%s::bigint[])
"""


class StockAt(NamedTuple):
    """Units of a SKU at a node: what can be promised of it, and what is on its way there. ``in_doubt``: nothing is, for now."""

    sku_id: int
    node: str
    name: str
    available: int
    incoming: int
    in_doubt: bool


def stock_by_node(sku_ids: Collection[int]) -> list[StockAt]:
    """What every node has of these SKUs, those with most first."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_NODE, [list(sku_ids)])
        return [StockAt(*row) for row in cursor.fetchall()]


_BY_NODE = """
SELECT l.sku_id, n.code, n.name,
       CASE WHEN l.doubted_at IS NULL THEN f.free ELSE least(f.free, 0) END, l.incoming, l.doubted_at IS NOT NULL
  FROM inventory_stocklevel l JOIN network_node n ON n.id = l.node_id
 CROSS JOIN LATERAL (SELECT l.on_hand - l.reserved - l.safety_stock AS free) f
 WHERE l.sku_id = ANY(%s::bigint[]) ORDER BY 4 DESC, n.name
"""
