"""Giving up units of a line together with the stock they claim, as far as nobody has them in hand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db.models import F, Sum
from django_fsm import can_proceed

from apps.catalog.selectors import components_of
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import atomic_unless_buffered
from apps.fulfillment.errors import UnitsUnderWay
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.selectors import OUTSIDE
from apps.fulfillment.services.assigning import wake_waiting
from apps.fulfillment.services.stopping import stop_row
from apps.fulfillment.states import BEFORE_SHIPPED, FulfillmentState, RequestState
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

    @property
    def units(self) -> int:
        """What has left and is still to be issued stays claimed."""
        if self.line is None:
            return self.claim.quantity
        return min(self.claim.quantity, self.line.quantity - self.line.shipped_quantity)


@dataclass(slots=True)
class ReleasedUnits:
    """``touched``: pks of the fulfillment orders that lost units. ``kept``: units by SKU pk that others have in hand."""

    touched: set[int] = field(default_factory=set)
    kept: dict[int, int] = field(default_factory=dict)


@atomic_unless_buffered
def give_up_units(
    order: Order, line: OrderLine, units: int, rows: dict[int, FulfillmentOrder], *, reason: str, actor: Actor
) -> set[int]:
    """Free the stock of these units; returns the fulfillment orders, by pk, that lost some.

    Units that have no stock anywhere go first, then those claimed and not yet picked. ``line`` is as it was before with its
    SKU at hand; ``rows`` are the order's fulfillment orders by pk, locked. Raises UnitsUnderWay.
    """
    each = _needed(line)
    held = _held(line, rows, MOVABLE)
    for sku_id, number in each.items():
        mine = _of_sku(held, sku_id)
        bare = _bare(line, sku_id, number, mine)
        free = sum(one.units for one in mine if one.movable)
        if units * number - bare > free:
            raise UnitsUnderWay(line=line.sku_code, free=(free + bare) // number)
    return _give_up(order, line, units, held, reason, actor).touched


@atomic_unless_buffered
def give_up_what_can_be(
    order: Order, line: OrderLine, units: int, rows: dict[int, FulfillmentOrder], *, reason: str, actor: Actor
) -> ReleasedUnits:
    """As ``give_up_units``, also out of what our nodes have picked or packed; what partners have is answered as kept."""
    return _give_up(order, line, units, _held(line, rows, BEFORE_SHIPPED), reason, actor)


def _give_up(
    order: Order, line: OrderLine, units: int, held: Sequence[_Held], reason: str, actor: Actor
) -> ReleasedUnits:
    given = ReleasedUnits()
    for sku_id, each in _needed(line).items():
        mine = _of_sku(held, sku_id)
        wanted = units * each - _bare(line, sku_id, each, mine)
        touched, left = _take(order, [one for one in mine if one.movable], wanted, reason, actor)
        given.touched |= touched
        if left > 0:
            given.kept[sku_id] = left
    return given


def _needed(line: OrderLine) -> dict[int, int]:
    """How many of each SKU one unit of the line takes."""
    assert line.sku is not None
    parts = components_of([line.sku.pk]).get(line.sku.pk)
    return {row.component_id: row.quantity for row in parts} if parts else {line.sku.pk: 1}


def _of_sku(held: Sequence[_Held], sku_id: int) -> list[_Held]:
    return [one for one in held if one.claim.level.sku_id == sku_id]


def _bare(line: OrderLine, sku_id: int, each: int, mine: Sequence[_Held]) -> int:
    """Units of it that have no stock anywhere."""
    return max(line.open_quantity * each - _shipped(line, sku_id) - sum(one.claim.quantity for one in mine), 0)


def _held(line: OrderLine, rows: dict[int, FulfillmentOrder], states: Collection[str]) -> list[_Held]:
    """The line's live claims, locked; those that cost least to give up first. ``states``: out of which they may be taken."""
    pks = Reservation.objects.filter(order_id=line.order_id, order_line_id=line.pk).values_list("pk", flat=True)
    claims, _ = lock_live_reservations(pks)
    bound = {fl.reservation_id: fl for fl in FulfillmentLine.objects.filter(reservation__in=claims)}
    levels = StockLevel.objects.in_bulk({claim.level_id for claim in claims})
    held = []
    for claim in claims:
        claim.level = levels[claim.level_id]
        fulfillment_line = bound.get(claim.pk)
        held.append(_Held(claim, fulfillment_line, _movable(fulfillment_line, rows, states)))
    return sorted(held, key=lambda one: (one.line is not None, not one.claim.backordered, one.claim.pk))


def _movable(line: FulfillmentLine | None, rows: dict[int, FulfillmentOrder], states: Collection[str]) -> bool:
    if line is None:
        return True
    row = rows[line.fulfillment_order_id]
    # A call to a partner holds no lock: what is not yet marked as submitted may be on its way. What waits for stock is not.
    ours = row.waits_for_stock or row.node.kind not in OUTSIDE
    return ours and row.state in states and row.request_state == RequestState.UNSUBMITTED


def _shipped(line: OrderLine, sku_id: int) -> int:
    rows = Reservation.objects.filter(order_id=line.order_id, order_line_id=line.pk, level__sku_id=sku_id)
    return int(rows.aggregate(units=Sum(F("shipped"), default=0))["units"])


def _take(order: Order, held: Sequence[_Held], wanted: int, reason: str, actor: Actor) -> tuple[set[int], int]:
    """Returns the fulfillment orders that lost units, by pk, and how many of those wanted were not there to be taken."""
    touched: set[int] = set()
    for one in held:
        units = min(one.units, wanted)
        if units <= 0:
            continue
        wanted -= units
        if one.line is not None:
            one.line.quantity -= units
            one.line.picked_quantity = min(one.line.picked_quantity, one.line.quantity)
            update_rows([one.line], ["quantity", "picked_quantity"])
            touched.add(one.line.fulfillment_order_id)
        _free(order, one, units, reason, actor)
    return touched, wanted


def _free(order: Order, one: _Held, units: int, reason: str, actor: Actor) -> None:
    if one.line is None and units == one.claim.quantity:
        release_reservations([one.claim.pk], reason=reason, references={order.pk: order.public_id}, actor=actor)
        return
    cut_reservation(one.claim.pk, missing=units, lost=False, reference=order.public_id, reason=reason, actor=actor)
    if one.claim.counted:
        record(stock_events.level_fact(one.claim.level, stock_events.StockFreed()), actor=actor)
    if one.line is not None:
        wake_waiting([one.claim.pk], actor=actor)


@atomic_unless_buffered
def stop_empty(rows: Sequence[FulfillmentOrder], order: Order, *, actor: Actor) -> None:
    """Of these, which lost units: what has nothing left to ship is stopped; who has the others in hand looks again."""
    pks = [row.pk for row in rows]
    full = FulfillmentLine.objects.filter(fulfillment_order__in=pks, quantity__gt=F("shipped_quantity"))
    full_pks = set(full.values_list("fulfillment_order", flat=True))
    # Their waiting may have ended above.
    for row in FulfillmentOrder.objects.filter(pk__in=pks).order_by("pk"):
        if row.pk in full_pks:
            update_rows([row], ["waits_for_stock"])
        elif can_proceed(row.cancel):
            stop_row(row, order, actor=actor)
