"""Cases that end with their order, or with the goods they are about; asked last by the steps that move them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apps.casework.models import ExceptionCase
from apps.casework.selectors import lock_standing_about, standing_of_orders
from apps.casework.services import clear_cases
from apps.casework.states import SHORTAGES, CaseType, case_type_of_hold
from apps.core.actor import Actor
from apps.fulfillment.selectors import lines_under_way
from apps.inventory.selectors import live_reservations_of_orders
from apps.orders.models import Order
from apps.orders.states import HoldReason, OrderState
from apps.routing.demands import orders_with_unplaced_units, unplaced_lines

LEFT = "every unit of it that is still ordered has left"
NOT_WANTED = "nothing of it waits for stock any more"
CALLED_OFF = "the order was cancelled"
# Why an order does not go out is nobody's question once it has gone, or is off.
_ENDS_WITH_ORDER = frozenset(case_type_of_hold(reason) for reason in HoldReason.values)
_ENDS_WITH_CANCELLATION = frozenset(
    {
        *_ENDS_WITH_ORDER,
        *SHORTAGES,
        CaseType.SHORT_PICK,
        CaseType.PARTNER_REJECTED,
        CaseType.CHANGED_AFTER_RELEASE,
    }
)
_GONE = (OrderState.SHIPPED, OrderState.DELIVERED)


def clear_moot_cases(orders: Iterable[Order], *, actor: Actor) -> None:
    """Of these orders, which the caller has locked: close what their end, or that of the goods it is about, has settled."""
    state_of = {order.pk: order.state for order in orders}
    cases = standing_of_orders(state_of, *_ENDS_WITH_CANCELLATION)
    if not cases:
        return
    lock_standing_about({(case.type, case.subject_ref) for case in cases})
    off = [case for case in cases if state_of[case.order_id or 0] == OrderState.CANCELLED]
    others = [case for case in cases if case not in off]
    _clear([case for case in off if not _reopened(case)], CALLED_OFF, actor)
    gone = [case for case in others if state_of[case.order_id or 0] in _GONE]
    _clear([case for case in gone if case.type in _ENDS_WITH_ORDER], LEFT, actor)
    _clear(_through([case for case in others if case.type == CaseType.SHORT_PICK]), LEFT, actor)
    _clear(_placed([case for case in others if case.type in SHORTAGES]), NOT_WANTED, actor)


def _reopened(case: ExceptionCase) -> bool:
    """That a cancelled order is open again at the source came after its end, and is for a person still."""
    return case.type == CaseType.CHANGED_AFTER_RELEASE and case.detail.get("state") == OrderState.CANCELLED


def _clear(cases: Sequence[ExceptionCase], resolution: str, actor: Actor) -> None:
    for kind in {case.type for case in cases}:
        subjects = {case.subject_ref for case in cases if case.type == kind}
        clear_cases(subjects, types=[kind], resolution=resolution, actor=actor)


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
