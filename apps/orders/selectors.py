"""Reads of orders, and every lock on them (always in pk order)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from apps.catalog.models import Sku
from apps.catalog.selectors import resolve_codes
from apps.core.bulk.raw_rows import select_joined, select_only, select_rows
from apps.core.process_cache import get_or_load
from apps.orders.canonical import PaymentState
from apps.orders.errors import OrderNotFound
from apps.orders.models import ChannelHabit, Hold, Order, OrderContact, OrderLine
from apps.orders.outliers import UsualFigures
from apps.orders.states import ContactRole, HoldReason, OrderState


def lock_order(order_id: int) -> Order:
    """The order, locked. Raises OrderNotFound."""
    order = Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound(order=order_id)
    return order


# NO KEY: rows that point here (lines, events, cases) may be inserted by others meanwhile.
_IN_ORDER = "WHERE t.id = ANY(%s::bigint[]) ORDER BY t.id FOR NO KEY UPDATE"


def lock_orders(order_ids: Iterable[int]) -> dict[int, Order]:
    """Those of the orders that exist, locked in pk order, by pk."""
    rows = select_rows(Order, _IN_ORDER, [list(set(order_ids))])
    return {row.pk: row for row in rows}


# What moving an order along looks at; the rest of a row is a third of what locking many costs.
_TO_MOVE = frozenset({"id", "public_id", "state", "entered_state_at", "service_level", "ship_by", "version"})


def lock_orders_to_move(order_ids: Iterable[int]) -> dict[int, Order]:
    """``lock_orders`` for steps that only move orders along: of each its ids, state, service level and ship-by."""
    return {row.pk: row for row in select_only(Order, _TO_MOVE, _IN_ORDER, [list(set(order_ids))])}


def order_by_ref(public_id: str) -> Order:
    """The order of that public id. Raises OrderNotFound."""
    order = Order.objects.filter(public_id=public_id).first()
    if order is None:
        raise OrderNotFound(order=public_id)
    return order


def existing_orders(channel: str, external_ids: Collection[str]) -> dict[str, Order]:
    """Orders of a channel already taken in, by external id."""
    return {
        order.external_id: order for order in Order.objects.filter(channel=channel, external_id__among=external_ids)
    }


def held_order_ids(order_ids: Collection[int]) -> set[int]:
    """Which of the orders are blocked by at least one standing hold."""
    sql = "SELECT DISTINCT order_id FROM orders_hold WHERE order_id = ANY(%s::bigint[]) AND released_at IS NULL"
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(order_ids)])
        return {row[0] for row in cursor.fetchall()}


def holds_standing_on(order_ids: Collection[int]) -> list[Hold]:
    """What blocks these orders."""
    return list(Hold.objects.filter(order_id__among=order_ids, released_at__isnull=True).order_by("pk"))


def standing_holds(order_id: int) -> QuerySet[Hold]:
    return Hold.objects.filter(order_id=order_id, released_at__isnull=True).order_by("pk")


def lines_by_order(order_ids: Collection[int]) -> dict[int, list[OrderLine]]:
    """Lines with their SKUs, by order pk, in the order's own sequence."""
    found: dict[int, list[OrderLine]] = {pk: [] for pk in order_ids}
    for line, sku in select_joined(_LINES_WITH_SKUS, [list(found)], shared=[Sku], line=OrderLine, sku=Sku):
        line.sku = sku
        found[line.order_id].append(line)
    return found


_LINES_WITH_SKUS = """
  FROM orders_orderline line LEFT JOIN catalog_sku sku ON sku.id = line.sku_id
 WHERE line.order_id = ANY(%s::bigint[]) AND line.withdrawn_at IS NULL ORDER BY line.order_id, line.position
"""


def other_orders_of(contact: OrderContact, *, most: int) -> list[Order]:
    """The customer's other orders, found by the e-mail address, newest first."""
    if not contact.email:
        return []
    return select_rows(Order, _OTHERS, [contact.email, contact.order_id, most])


# The address is never empty here, and PostgreSQL has to see it to use the index of those that are not.
_OTHERS = """
WHERE t.id IN (SELECT order_id FROM orders_ordercontact WHERE email = %s AND email <> '') AND t.id <> %s
ORDER BY t.id DESC LIMIT %s
"""


class PastOrders(NamedTuple):
    """What became of a customer's other orders."""

    orders: int = 0
    delivered: int = 0
    refunded: int = 0
    cancelled: int = 0


def past_of(contact: OrderContact, among: QuerySet[Order] | None = None) -> PastOrders:
    """The customer's other orders by what became of them; ``among``: those that somebody may see."""
    if not contact.email:
        return PastOrders()
    mine = OrderContact.objects.filter(email=contact.email).exclude(email="").exclude(order=contact.order_id)
    rows = (Order.objects.all() if among is None else among).filter(pk__in=mine.values("order_id"))
    refunded = Q(payment_state__in=[PaymentState.REFUNDED, PaymentState.PARTIALLY_REFUNDED])
    found = rows.aggregate(
        orders=Count("pk", distinct=True),
        delivered=Count("pk", distinct=True, filter=Q(state=OrderState.DELIVERED)),
        refunded=Count("pk", distinct=True, filter=refunded),
        cancelled=Count("pk", distinct=True, filter=Q(state=OrderState.CANCELLED)),
    )
    return PastOrders(**found)


def ship_to(order_ids: Collection[int]) -> dict[int, OrderContact]:
    """The ship-to contact by order pk."""
    tail = "WHERE t.order_id = ANY(%s::bigint[]) AND t.role = %s"
    return {row.order_id: row for row in select_rows(OrderContact, tail, [list(order_ids), ContactRole.SHIP_TO])}


def orders_waiting_for_code(channel: str, code: str) -> list[int]:
    """Received orders of the channel that are held because nobody knows this SKU code, by pk."""
    waiting = Hold.objects.filter(
        reason=HoldReason.UNKNOWN_SKU,
        released_at__isnull=True,
        order__channel=channel,
        order__state=OrderState.RECEIVED,
    )
    unknown = OrderLine.objects.filter(sku_code__iexact=code, sku__isnull=True, order=OuterRef("order"))
    rows = waiting.filter(Exists(unknown))
    return list(rows.order_by("order_id").values_list("order_id", flat=True).distinct())


def orders_understood() -> list[int]:
    """Received orders held for an SKU code that means a SKU by now, by pk."""
    waiting = Hold.objects.filter(reason=HoldReason.UNKNOWN_SKU, released_at__isnull=True)
    lines = OrderLine.objects.filter(
        sku__isnull=True, order__state=OrderState.RECEIVED, order__in=waiting.values("order")
    )
    asked: dict[str, set[str]] = {}
    for channel, code in lines.values_list("order__channel", "sku_code").distinct():
        asked.setdefault(channel, set()).add(code)
    found = set[int]()
    for channel, codes in asked.items():
        known = resolve_codes(codes, channel=channel)
        mine = lines.filter(order__channel=channel, sku_code__in=list(known)) if known else lines.none()
        found |= set(mine.values_list("order_id", flat=True))
    return sorted(found)


def usual_orders() -> Mapping[tuple[str, str], UsualFigures]:
    """What orders usually come to, by channel and currency, at most a minute old."""
    return get_or_load(
        "orders",
        "habits",
        lambda: {(row.channel, row.currency): row.usual for row in ChannelHabit.objects.all()},
        seconds=60,
    )


_SIZES = """
WITH fresh AS (SELECT id, channel, currency, total_minor FROM orders_order
                WHERE id > %s AND id <= %s AND total_minor > 0 AND state <> 'cancelled'),
     goods AS (SELECT l.order_id, sum(l.quantity) AS units FROM orders_orderline l JOIN fresh f ON f.id = l.order_id
               WHERE l.withdrawn_at IS NULL GROUP BY 1)
SELECT f.channel, f.currency, count(*), avg(ln(f.total_minor)), var_pop(ln(f.total_minor)), avg(ln(g.units)), var_pop(ln(g.units))
  FROM fresh f JOIN goods g ON g.order_id = f.id GROUP BY 1, 2
"""


def sizes_of_orders(after: int, up_to: int) -> list[tuple[Any, ...]]:
    """By channel and currency: how many orders with a pk in ``(after, up_to]``, mean and variance of the logarithms of their totals
    (minor units) and of their units."""
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, [after, up_to])
        return list(cursor.fetchall())
