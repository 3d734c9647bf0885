"""Cancelling part of an order together with the stock it claims."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from apps.core.actor import Actor
from apps.fulfillment import selectors
from apps.fulfillment.services.giving_up import give_up_units, stop_empty
from apps.orders.models import Order
from apps.orders.selectors import lines_by_order, lock_order
from apps.orders.services import cancel_lines


@transaction.atomic
def call_off_lines(order_id: int, *, units: Mapping[int, int], reason: str, actor: Actor) -> Order:
    """Cancel units of lines (by order line pk) and free what they claim; the rest of the order goes on.

    Raises what ``cancel_lines`` does, and UnitsUnderWay for what is picked, shipped, or in a partner's hands.
    """
    lock_order(order_id)
    rows = {row.pk: row for row in selectors.lock_of_orders([order_id])}
    before = {line.pk: line for line in lines_by_order([order_id])[order_id]}
    order = cancel_lines(order_id, units=units, reason=reason, actor=actor)
    touched: set[int] = set()
    for pk, count in units.items():
        if before[pk].sku is not None:
            touched |= give_up_units(order, before[pk], count, rows, reason="cancelled", actor=actor)
    stop_empty([rows[pk] for pk in sorted(touched)], order, actor=actor)
    return order
