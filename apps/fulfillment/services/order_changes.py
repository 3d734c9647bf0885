"""Work that nobody has packed or taken over yet follows its order."""

from __future__ import annotations

from collections.abc import Sequence

from apps.core.bulk.bulk_update import update_rows
from apps.fulfillment import selectors
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.states import BEFORE_SHIPPED
from apps.orders.models import Order


def follow_orders(orders: Sequence[Order]) -> list[FulfillmentOrder]:
    """Give such work its order's service level and ship-by date. Returns what could not follow. The caller locks the orders."""
    by_pk = {order.pk: order for order in orders}
    rows = [row for row in selectors.lock_of_orders(by_pk) if row.state in BEFORE_SHIPPED]
    stale = [row for row in rows if _differs(row, by_pk[row.order_id])]
    free = [row for row in stale if not selectors.is_stuck(row)]
    for row in free:
        order = by_pk[row.order_id]
        row.service_level, row.ship_by = order.service_level, order.ship_by
    update_rows(free, ["service_level", "ship_by"])
    stuck = [row.pk for row in stale if selectors.is_stuck(row)]
    return list(FulfillmentOrder.objects.select_related("node").filter(pk__in=stuck).order_by("pk")) if stuck else []


def _differs(row: FulfillmentOrder, order: Order) -> bool:
    return row.service_level != order.service_level or row.ship_by != order.ship_by
