"""Cases about goods, closed when the goods have gone after all; asked last by the steps that move them."""

from __future__ import annotations

from collections.abc import Iterable

from apps.casework.models import ExceptionCase
from apps.casework.selectors import standing_of_orders
from apps.casework.services import clear_cases
from apps.casework.states import CaseType
from apps.core.actor import Actor
from apps.fulfillment.selectors import lines_under_way
from apps.orders.models import Order
from apps.orders.states import OrderState
from apps.routing.demands import unplaced_lines

LEFT = "every unit of it that is still ordered has left"
CALLED_OFF = "the order was cancelled"


def clear_short_picks(orders: Iterable[Order], *, actor: Actor) -> None:
    """Of these orders, which the caller has locked: close a short pick whose units left from elsewhere or are not wanted now."""
    state_of = {order.pk: order.state for order in orders}
    cases = standing_of_orders(state_of, CaseType.SHORT_PICK)
    if not cases:
        return
    called_off = {case.subject_ref for case in cases if state_of[case.order_id or 0] == OrderState.CANCELLED}
    through = _through([case for case in cases if case.subject_ref not in called_off])
    clear_cases(called_off, types=[CaseType.SHORT_PICK], resolution=CALLED_OFF, actor=actor)
    clear_cases(through, types=[CaseType.SHORT_PICK], resolution=LEFT, actor=actor)


def _through(cases: list[ExceptionCase]) -> set[str]:
    """What those cases are about of whose lines nothing waits for a place or at a node."""
    waiting = {line.pk for line in unplaced_lines({case.order_id for case in cases if case.order_id is not None})}
    lines = {case.subject_ref: {int(pk) for pk in case.detail.get("missing", ())} for case in cases}
    waiting |= lines_under_way({pk for pks in lines.values() for pk in pks})
    return {subject for subject, pks in lines.items() if not pks & waiting}
