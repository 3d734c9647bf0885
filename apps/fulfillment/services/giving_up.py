"""Giving up units of a line together with the stock they claim, as far as nobody has them in hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, Sum
from django_fsm import can_proceed

from apps.catalog.selectors import components_of
from apps.core.actor import Actor
from apps.core.batch import save_rows
from apps.core.outbox import record
from apps.core.retrying import joined
from apps.fulfillment import events
from apps.fulfillment.errors import UnitsUnderWay
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.selectors import OUTSIDE
from apps.fulfillment.services.assigning import wake_waiting
from apps.fulfillment.states import FulfillmentState, RequestState
from apps.inventory import events as stock_events
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.selectors import lock_live_reservations
from apps.inventory.services import cut_reservation, release_reservations
from apps.orders.models import Order, OrderLine

# Not picked yet, and no partner has it in hand.
MOVABLE = (FulfillmentState.OPEN, FulfillmentState.ACCEPTED)


@dataclass(slots=True)
class _Held:
    """One live claim of the line, the fulfillment line it is bound to, and how many of its units may be given up."""

    claim: Reservation
    line: FulfillmentLine | None
    movable: bool


@joined
def give_up_units(
    order: Order, line: OrderLine, units: int, rows: dict[int, FulfillmentOrder], *, reason: str, actor: Actor
) -> set[int]:
    """Free the stock of these units; answers the fulfillment orders, by pk, that lost some.

    Units that have no stock anywhere go first, then those claimed and not yet picked. ``line`` is as it was before with its
    SKU at hand; ``rows`` are the order's fulfillment orders by pk, locked. Raises UnitsUnderWay.
    """
    assert line.sku is not None
    parts = components_of([line.sku.pk]).get(line.sku.pk)
    needed = {row.component_id: row.quantity for row in parts} if parts else {line.sku.pk: 1}
    held = _held(line, rows)
    touched: set[int] = set()
    for sku_id, each in needed.items():
        mine = [one for one in held if one.claim.level.sku_id == sku_id]
        shipped = _shipped(line, sku_id)
        bare = line.open_quantity * each - shipped - sum(one.claim.quantity for one in mine)
        wanted = units * each - max(bare, 0)
        free = sum(one.claim.quantity for one in mine if one.movable)
        if wanted > free:
            raise UnitsUnderWay(line=line.sku_code, free=(free + max(bare, 0)) // each)
        touched |= _take(order, [one for one in mine if one.movable], wanted, reason, actor)
    return touched


def _held(line: OrderLine, rows: dict[int, FulfillmentOrder]) -> list[_Held]:
    """The line's live claims, locked; those that cost least to give up first."""
    pks = Reservation.objects.filter(order_id=line.order_id, order_line_id=line.pk).values_list("pk", flat=True)
    claims = lock_live_reservations(pks)
    bound = {fl.reservation_id: fl for fl in FulfillmentLine.objects.filter(reservation__in=claims)}
    levels = StockLevel.objects.in_bulk({claim.level_id for claim in claims})
    held = []
    for claim in claims:
        claim.level = levels[claim.level_id]
        fulfillment_line = bound.get(claim.pk)
        held.append(_Held(claim, fulfillment_line, _movable(fulfillment_line, rows)))
    return sorted(held, key=lambda one: (one.line is not None, not one.claim.backordered, one.claim.pk))


def _movable(line: FulfillmentLine | None, rows: dict[int, FulfillmentOrder]) -> bool:
    if line is None:
        return True
    row = rows[line.fulfillment_order_id]
    # A call to a partner holds no lock: what is not yet marked as submitted may be on its way. What waits for stock is not.
    ours = row.waits_for_stock or row.node.kind not in OUTSIDE
    return ours and row.state in MOVABLE and row.request_state == RequestState.UNSUBMITTED


def _shipped(line: OrderLine, sku_id: int) -> int:
    rows = Reservation.objects.filter(order_id=line.order_id, order_line_id=line.pk, level__sku_id=sku_id)
    return int(rows.aggregate(units=Sum(F("shipped"), default=0))["units"])


def _take(order: Order, held: Sequence[_Held], wanted: int, reason: str, actor: Actor) -> set[int]:
    touched: set[int] = set()
    for one in held:
        units = min(one.claim.quantity, wanted)
        if units <= 0:
            continue
        wanted -= units
        if one.line is not None:
            one.line.quantity -= units
            save_rows([one.line], ["quantity"])
            touched.add(one.line.fulfillment_order_id)
        _free(order, one, units, reason, actor)
    return touched


def _free(order: Order, one: _Held, units: int, reason: str, actor: Actor) -> None:
    if one.line is None and units == one.claim.quantity:
        release_reservations([one.claim.pk], reason=reason, references={order.pk: order.public_id}, actor=actor)
        return
    cut_reservation(one.claim.pk, missing=units, lost=False, reference=order.public_id, reason=reason, actor=actor)
    if one.claim.counted:
        record(stock_events.level_fact(stock_events.FREED, one.claim.level), actor=actor)
    if one.line is not None:
        wake_waiting([one.claim.pk], actor=actor)


@joined
def stop_empty(rows: Sequence[FulfillmentOrder], order: Order, *, actor: Actor) -> None:
    """A fulfillment order that has nothing left to pick is cancelled."""
    pks = [row.pk for row in rows]
    full = set(
        FulfillmentLine.objects.filter(fulfillment_order__in=pks, quantity__gt=0).values_list(
            "fulfillment_order", flat=True
        )
    )
    # Their waiting may have ended above.
    empty = [row for row in FulfillmentOrder.objects.filter(pk__in=pks).order_by("pk") if row.pk not in full]
    empty = [row for row in empty if can_proceed(row.cancel)]
    for row in empty:
        row.cancel()
    save_rows(empty, ["state", "entered_state_at"])
    record(*[events.fulfillment_fact(events.CANCELLED, row, order.public_id) for row in empty], actor=actor)
