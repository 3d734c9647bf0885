"""Cancelling part of an order together with the stock it claims."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import service
from apps.fulfillment import events, selectors
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services.releasing_units import give_up_units, give_up_what_can_be, stop_empty
from apps.fulfillment.services.stopping import call_off_rows
from apps.fulfillment.states import BEFORE_SHIPPED, FulfillmentState
from apps.orders.models import Order
from apps.orders.selectors import lines_by_order, lock_order
from apps.orders.services import cancel_lines, place_hold
from apps.orders.states import HoldReason

PACKED_NOTE = Text(
    "Units were taken off the order after they had been packed; release it once somebody has taken them out."
)
# Not in the channel's name: what its next message does not repeat stays held all the same.
STOPPING = Actor("system", "stopping_units")


@service
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


@service
def stop_units(order_id: int, *, units: Mapping[int, int], reason: str, actor: Actor) -> Order:
    """Cancel units of lines (by order line pk) as far as they have not left, and stop them wherever they are.

    What our nodes had packed is held until somebody has taken it out. A partner that has nothing else of it in hand is asked to
    stop; where it has, an event puts that before a person. Units that have left are none to stop. Raises OrderNotRevisable,
    LinesNotCancellable where nothing of the order would be left.
    """
    order = lock_order(order_id)
    rows = {row.pk: row for row in selectors.lock_of_orders([order_id])}
    left = selectors.whole_units_left(order_id)
    before = {line.pk: line for line in lines_by_order([order_id])[order_id]}
    wanted = {pk: min(count, before[pk].open_quantity - left.get(pk, 0)) for pk, count in units.items() if pk in before}
    wanted = {pk: count for pk, count in wanted.items() if count > 0}
    if not wanted:
        return order
    order = cancel_lines(order_id, units=wanted, reason=reason, actor=actor)
    touched, kept = set[int](), Counter[tuple[int, int]]()
    for pk, count in wanted.items():
        if before[pk].sku is not None:
            given = give_up_what_can_be(order, before[pk], count, rows, reason="cancelled", actor=actor)
            touched |= given.touched
            kept.update({(pk, sku): number for sku, number in given.kept.items()})
    packed = [rows[pk] for pk in sorted(touched) if rows[pk].state == FulfillmentState.PACKED]
    stop_empty([rows[pk] for pk in sorted(touched)], order, actor=actor)
    _unpack(order, packed, actor)
    _ask_partners(order, list(rows.values()), kept, actor)
    return order


def _unpack(order: Order, rows: Sequence[FulfillmentOrder], actor: Actor) -> None:
    """A closed parcel still holds what was taken off: nothing of the order is confirmed before somebody has opened it."""
    still = [row for row in selectors.lock_of_orders([order.pk]) if row.pk in {one.pk for one in rows}]
    closed = [row for row in still if row.state == FulfillmentState.PACKED]
    if not closed:
        return
    for row in closed:
        row.unpack()
    update_rows(closed, ["state", "entered_state_at"])
    hold = place_hold(order.pk, reason=HoldReason.MANUAL, note=PACKED_NOTE, actor=STOPPING)
    fact = events.FulfillmentUnpacked(hold=hold.public_id)
    record(*[events.fulfillment_fact(row, order.public_id, fact) for row in closed], actor=actor)


def _ask_partners(order: Order, rows: Sequence[FulfillmentOrder], kept: Counter[tuple[int, int]], actor: Actor) -> None:
    """``kept``: units by order line and SKU that are with partners; none of their contracts takes back a part."""
    outside = [row for row in rows if row.state in BEFORE_SHIPPED and not row.called_off]
    lines = selectors.lines_by_fulfillment_order(row.pk for row in outside)
    for row in outside:
        open_units = Counter[tuple[int, int]]()
        for line in lines[row.pk]:
            open_units[line.order_line_id, line.sku_id] += line.quantity - line.shipped_quantity
        unwanted = open_units & kept
        if not unwanted:
            continue
        kept -= unwanted
        if unwanted == +open_units:
            call_off_rows([row], order, actor=actor)
        else:
            fact = events.FulfillmentUnitsUnwanted(units=unwanted.total())
            record(events.fulfillment_fact(row, order.public_id, fact), actor=actor)
