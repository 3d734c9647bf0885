"""Substituting units of a line together with the stock they claim, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Sum
from django_fsm import can_proceed

from apps.catalog.models import Sku
from apps.catalog.selectors import components_of
from apps.core.actor import Actor
from apps.core.batch import save_rows
from apps.core.outbox import record
from apps.core.together import insert_together
from apps.fulfillment import events, selectors
from apps.fulfillment.errors import UnitsUnderWay
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services.assigning import OUTSIDE, create_fulfillment_orders, wake_waiting
from apps.fulfillment.states import FulfillmentState, RequestState
from apps.inventory import events as stock_events
from apps.inventory.errors import NotStocked
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.selectors import lock_live_reservations
from apps.inventory.services import (
    Claim,
    allocate_reservations,
    cut_reservation,
    release_reservations,
    reserve_stock,
)
from apps.inventory.states import ReservationState
from apps.network.models import Node
from apps.orders import events as order_events
from apps.orders.models import Order, OrderLine
from apps.orders.selectors import lock_order
from apps.orders.services import Replacement, replace_units, unroute_orders
from apps.orders.states import OrderState

# Not picked yet, and no partner has it in hand.
MOVABLE = (FulfillmentState.OPEN, FulfillmentState.ACCEPTED)


@dataclass(slots=True)
class _Held:
    """One live claim of the line, the fulfillment line it is bound to, and how many of its units may be given up."""

    claim: Reservation
    line: FulfillmentLine | None
    movable: bool


@transaction.atomic
def substitute_line(order_id: int, replacement: Replacement, *, node: str = "", actor: Actor) -> OrderLine:
    """Replace units of a line by another SKU: claims of the old are given up, the new is claimed at ``node``.

    Units that have no stock anywhere go first, then those claimed and not yet picked. ``node`` is a code; empty: routing
    finds one. Answers the new line. Raises what ``replace_units`` does, UnitsUnderWay, NotStocked, InsufficientStock.
    """
    order = lock_order(order_id)
    rows = {row.pk: row for row in selectors.lock_of_orders([order_id])}
    line = OrderLine.objects.select_related("sku").filter(order=order, pk=replacement.line_id).first()
    new = replace_units(order_id, replacement, actor=actor)
    touched = _give_up(order, line, replacement.units, rows, actor) if line and line.sku else set[int]()
    claims = _claim(order, new, node, actor) if node and new.physical else []
    _go_on(order, claims, rows, actor)
    _stop_empty([rows[pk] for pk in sorted(touched)], order, actor)
    return new


def _give_up(order: Order, line: OrderLine, units: int, rows: dict[int, FulfillmentOrder], actor: Actor) -> set[int]:
    """Free the stock of these units; answers the fulfillment orders that lost some. ``line`` is as it was before."""
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
        touched |= _take(order, [one for one in mine if one.movable], wanted, actor)
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
    return row.state in MOVABLE and row.request_state == RequestState.UNSUBMITTED


def _shipped(line: OrderLine, sku_id: int) -> int:
    rows = Reservation.objects.filter(order_id=line.order_id, order_line_id=line.pk, level__sku_id=sku_id)
    return int(rows.aggregate(units=Sum(F("shipped"), default=0))["units"])


def _take(order: Order, held: Sequence[_Held], wanted: int, actor: Actor) -> set[int]:
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
        _free(order, one, units, actor)
    return touched


def _free(order: Order, one: _Held, units: int, actor: Actor) -> None:
    reason = "substituted"
    if one.line is None and units == one.claim.quantity:
        release_reservations([one.claim.pk], reason=reason, references={order.pk: order.public_id}, actor=actor)
        return
    cut_reservation(one.claim.pk, missing=units, lost=False, reference=order.public_id, reason=reason, actor=actor)
    if one.claim.counted:
        record(stock_events.level_fact(stock_events.FREED, one.claim.level), actor=actor)
    if one.line is not None:
        wake_waiting([one.claim.pk], actor=actor)


def _claim(order: Order, line: OrderLine, node_code: str, actor: Actor) -> list[Reservation]:
    assert line.sku is not None
    node = Node.objects.filter(code=node_code, active=True).first()
    if node is None:
        raise NotStocked(sku=line.sku.code, node=node_code)
    parts = components_of([line.sku.pk]).get(line.sku.pk)
    needed: list[tuple[Sku, int]] = [(row.component, row.quantity) for row in parts] if parts else [(line.sku, 1)]
    levels = {row.sku_id: row for row in StockLevel.objects.filter(node=node, sku__in=[sku for sku, _ in needed])}
    missing = [sku.code for sku, _ in needed if sku.pk not in levels]
    if missing:
        raise NotStocked(sku=", ".join(missing), node=node.name)
    claims = [
        Claim(order.pk, line.pk, levels[sku.pk].pk, line.quantity * each, order.public_id, counted=sku.tracked)
        for sku, each in needed
    ]
    return reserve_stock(claims, actor=actor)


def _go_on(order: Order, claims: Sequence[Reservation], rows: dict[int, FulfillmentOrder], actor: Actor) -> None:
    """The order takes its next step: into the box at hand, a new one, or back to routing."""
    if order.state == OrderState.VALIDATED:
        record(order_events.order_fact(order_events.RETRY_ROUTING, order), actor=actor)
    elif not claims:
        unroute_orders([order], actor=actor)
    elif order.state == OrderState.RELEASED and not _add_to_open(order, claims, rows, actor):
        create_fulfillment_orders([order], actor=actor)


def _add_to_open(order: Order, claims: Sequence[Reservation], rows: dict[int, FulfillmentOrder], actor: Actor) -> bool:
    """Put the substitute into the order's own unpicked work at that node, so that it leaves in the same parcel."""
    levels = StockLevel.objects.select_related("node").in_bulk({claim.level_id for claim in claims})
    node = next(iter(levels.values())).node
    if node.kind in OUTSIDE:
        return False
    row = next(
        (r for r in rows.values() if r.node_id == node.pk and r.state in MOVABLE and not r.waits_for_stock), None
    )
    if row is None:
        return False
    lines = [
        FulfillmentLine(
            fulfillment_order=row,
            order_line_id=claim.order_line_id,
            sku_id=levels[claim.level_id].sku_id,
            reservation=claim,
            quantity=claim.quantity,
        )
        for claim in claims
    ]
    insert_together(lines)
    allocate_reservations([claim for claim in claims if claim.state == ReservationState.RESERVED])
    # Whoever is about to pick it has to look again.
    save_rows([row], ["waits_for_stock"])
    return True


def _stop_empty(rows: Sequence[FulfillmentOrder], order: Order, actor: Actor) -> None:
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
