"""Substituting units of a line together with the stock they claim, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from apps.catalog.models import Sku
from apps.catalog.selectors import components_of
from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_groups
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import service
from apps.fulfillment import selectors
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.selectors import OUTSIDE
from apps.fulfillment.services.assigning import create_fulfillment_orders
from apps.fulfillment.services.releasing_units import MOVABLE, give_up_units, stop_empty
from apps.inventory.errors import NotStocked
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.services import (
    Claim,
    allocate_reservations,
    reserve_stock,
)
from apps.inventory.states import ReservationState
from apps.network.models import Node
from apps.orders import events as order_events
from apps.orders.models import Order, OrderLine
from apps.orders.selectors import lock_order
from apps.orders.services import Replacement, replace_units, unroute_orders
from apps.orders.states import OrderState


@service
def substitute_line(order_id: int, replacement: Replacement, *, node: str = "", actor: Actor) -> OrderLine:
    """Replace units of a line by another SKU: claims of the old are given up, the new is claimed at ``node``.

    Units that have no stock anywhere go first, then those claimed and not yet picked. ``node`` is a code; empty: routing
    finds one. Returns the new line. Raises what ``replace_units`` does, UnitsUnderWay, NotStocked, InsufficientStock.
    """
    order = lock_order(order_id)
    rows = {row.pk: row for row in selectors.lock_of_orders([order_id])}
    line = OrderLine.objects.select_related("sku").filter(order=order, pk=replacement.line_id).first()
    new = replace_units(order_id, replacement, actor=actor)
    touched = set[int]()
    if line is not None and line.sku is not None:
        touched = give_up_units(order, line, replacement.units, rows, reason="substituted", actor=actor)
    claims = _claim(order, new, node, actor) if node and new.physical else []
    _go_on(order, claims, rows, actor)
    stop_empty([rows[pk] for pk in sorted(touched)], order, actor=actor)
    return new


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
        record(order_events.order_fact(order, order_events.OrderRoutingResumed()), actor=actor)
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
    insert_groups(lines)
    allocate_reservations([claim for claim in claims if claim.state == ReservationState.RESERVED])
    # Whoever is about to pick it has to look again.
    update_rows([row], ["waits_for_stock"])
    return True
