"""Cases about goods, closed when the goods have gone after all; asked last by the steps that move them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apps.casework.models import ExceptionCase
from apps.casework.selectors import standing_of_orders
from apps.casework.services import clear_cases
from apps.casework.states import SHORTAGES, CaseType
from apps.core.actor import Actor
from apps.fulfillment.selectors import lines_under_way
from apps.inventory.selectors import live_reservations_of_orders
from apps.orders.models import Order
from apps.orders.states import OrderState
from apps.routing.demands import orders_with_unplaced_units, unplaced_lines

LEFT = "every unit of it that is still ordered has left"
NOT_WANTED = "nothing of it waits for stock any more"
CALLED_OFF = "the order was cancelled"


def clear_lacks(orders: Iterable[Order], *, actor: Actor) -> None:
    """Of these orders, which the caller has locked: close what was said to be missing and has left or is not wanted now."""
    state_of = {order.pk: order.state for order in orders}
    cases = standing_of_orders(state_of, CaseType.SHORT_PICK, *SHORTAGES)
    if not cases:
        return
    called_off = [case for case in cases if state_of[case.order_id or 0] == OrderState.CANCELLED]
    others = [case for case in cases if case not in called_off]
    _clear(called_off, CALLED_OFF, actor)
    _clear(_through([case for case in others if case.type == CaseType.SHORT_PICK]), LEFT, actor)
    _clear(_placed([case for case in others if case.type in SHORTAGES]), NOT_WANTED, actor)


def _clear(cases: Sequence[ExceptionCase], resolution: str, actor: Actor) -> None:
    subjects = {case.subject_ref for case in cases}
    clear_cases(subjects, types={case.type for case in cases}, resolution=resolution, actor=actor)


def _through(cases: Sequence[ExceptionCase]) -> list[ExceptionCase]:
    """Those of whose lines nothing waits for a place or at a node."""
    if not cases:
        return []
    waiting = {line.pk for line in unplaced_lines({case.order_id for case in cases if case.order_id is not None})}
    lines = {case.pk: {int(pk) for pk in case.detail.get("missing", ())} for case in cases}
    waiting |= lines_under_way({pk for pks in lines.values() for pk in pks})
    return [case for case in cases if not lines[case.pk] & waiting]


def _placed(cases: Sequence[ExceptionCase]) -> list[ExceptionCase]:
    """Those of whose order nothing waits for a place, nor for stock to come."""
    orders = {case.order_id for case in cases if case.order_id is not None}
    if not orders:
        return []
    waiting = orders_with_unplaced_units(orders)
    waiting |= set(live_reservations_of_orders(orders).filter(backordered__gt=0).values_list("order_id", flat=True))
    return [case for case in cases if case.order_id not in waiting]
