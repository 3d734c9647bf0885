"""What stands beside a case about stock: the level, who claims it, and what other nodes have."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from apps.accounts.caller import Caller
from apps.casework.models import ExceptionCase
from apps.casework.selectors import level_of
from apps.inventory.models import StockLevel
from apps.inventory.selectors import StockAt, stock_by_node

MOST_CLAIMS = 12
MOST_NODES = 8


@dataclass(frozen=True, slots=True)
class ClaimSeen:
    """Units an order claims. ``order_state``, and where its work at the node stands, if it has begun. ``uncovered``: units of
    them that have no stock."""

    order_ref: str
    number: str
    order_state: str
    work_state: str
    units: int
    uncovered: int


@dataclass(frozen=True, slots=True)
class StockPanel:
    level: StockLevel
    claims: list[ClaimSeen]
    claims_in_all: int
    elsewhere: list[StockAt]

    @property
    def short(self) -> int:
        return max(self.level.reserved - self.level.on_hand, 0)


def level_side(case: ExceptionCase, caller: Caller) -> StockPanel | None:
    """None: the case is about no level, or about one of a node that is none of the caller's business."""
    level = level_of(case)
    if level is None or not caller.may_node(level.node.code):
        return None
    elsewhere = [
        cell for cell in stock_by_node([level.sku_id]) if cell.node != level.node.code and caller.may_node(cell.node)
    ]
    claims, in_all = _claims(level.pk)
    return StockPanel(level, claims, in_all, [cell for cell in elsewhere if cell.available > 0][:MOST_NODES])


_CLAIMS = """
SELECT o.public_id, coalesce(nullif(o.external_number, ''), o.external_id), o.state, coalesce(f.state, ''), r.quantity,
       r.backordered, count(*) OVER ()
  FROM inventory_reservation r JOIN orders_order o ON o.id = r.order_id
  LEFT JOIN fulfillment_fulfillmentline l ON l.reservation_id = r.id AND l.order_line_id = r.order_line_id
  LEFT JOIN fulfillment_fulfillmentorder f ON f.id = l.fulfillment_order_id
 WHERE r.level_id = %s AND r.state IN ('reserved', 'allocated')
 ORDER BY r.backordered = 0, r.order_id DESC, r.id LIMIT %s
"""


def _claims(level_id: int) -> tuple[list[ClaimSeen], int]:
    """Those without stock first, then the newest, which are the ones to move; and how many there are."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIMS, [level_id, MOST_CLAIMS])
        rows = cursor.fetchall()
    return [ClaimSeen(*row[:-1]) for row in rows], rows[0][-1] if rows else 0
