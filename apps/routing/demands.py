"""Turning an order's uncovered lines into the planner's demand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, Q, Sum

from apps.catalog.models import Sku
from apps.catalog.selectors import components_of
from apps.inventory.models import Reservation
from apps.inventory.states import ReservationState
from apps.network.models import Node
from apps.orders.canonical import ServiceLevel, SplitPreference
from apps.orders.models import Order, OrderContact, OrderLine
from apps.orders.selectors import lines_by_order
from apps.routing.planner.problem import Demand, Destination, LineDemand
from apps.routing.situation import Situation
from apps.routing.terms import Instruction, RoutingTerms


@dataclass(frozen=True, slots=True)
class Part:
    """One SKU wanted for one order line: the line itself, or one component of a bundle."""

    line: OrderLine
    sku: Sku
    quantity: int

    @property
    def ref(self) -> str:
        return f"{self.line.pk}:{self.sku.pk}"


def line_of(ref: str) -> int:
    """The pk of the order line of a part's ``ref``."""
    return int(ref.partition(":")[0])


def covered_units(order_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """Units already claimed or shipped, by (order line pk, SKU pk)."""
    live = ~Q(state=ReservationState.RELEASED)
    rows = Reservation.objects.filter(order_id__among=order_ids).values_list("order_line_id", "level__sku_id")
    summed = rows.annotate(units=Sum(F("shipped")) + Sum(F("quantity"), filter=live, default=0))
    return {(line, sku): units for line, sku, units in summed}


def uncovered_parts(
    lines: Sequence[OrderLine], situation: Situation, covered: Mapping[tuple[int, int], int]
) -> list[Part]:
    """What of these lines still has to be found somewhere."""
    parts = []
    for line in lines:
        if line.physical and line.sku is not None and line.open_quantity:
            for sku, each in _exploded(line.sku, situation):
                left = line.open_quantity * each - covered.get((line.pk, sku.pk), 0)
                if left > 0:
                    parts.append(Part(line, sku, left))
    return parts


def orders_with_unplaced_units(order_ids: Collection[int]) -> set[int]:
    """Which of the orders have units that no node has or had in hand: they are not through, whatever has left already."""
    return {line.order_id for line in unplaced_lines(order_ids)}


def orders_with_placed_units(order_ids: Collection[int]) -> set[int]:
    """Which of the orders have units that a node has or had in hand, or that are bound to stock to come."""
    live = ~Q(state=ReservationState.RELEASED) & Q(quantity__gt=0)
    rows = Reservation.objects.filter(live | Q(shipped__gt=0), order_id__among=order_ids)
    return set(rows.values_list("order_id", flat=True))


def unplaced_lines(order_ids: Collection[int]) -> list[OrderLine]:
    """The lines of these orders of which no node has or had all units in hand."""
    ids = list(order_ids)
    lines = [line for many in lines_by_order(ids).values() for line in many if line.physical and line.open_quantity]
    components, covered = components_of({line.sku_id for line in lines if line.sku_id}), covered_units(ids)
    found = []
    for line in lines:
        if line.sku_id is None:
            # Who let it pass unrecognized has said that nobody here ships it.
            continue
        parts = {row.component_id: row.quantity for row in components.get(line.sku_id, ())} or {line.sku_id: 1}
        if any(line.open_quantity * each > covered.get((line.pk, sku), 0) for sku, each in parts.items()):
            found.append(line)
    return found


def _exploded(sku: Sku, situation: Situation) -> list[tuple[Sku, int]]:
    components = situation.components.get(sku.pk)
    return [(row.component, row.quantity) for row in components] if components else [(sku, 1)]


def demand_of(
    order: Order,
    parts: Sequence[Part],
    *,
    contact: OrderContact,
    at_place: tuple[float, float] | None,
    terms: RoutingTerms,
    refused: Mapping[int, Collection[str]],
    instruction: Instruction,
    nodes: Collection[Node],
    situation: Situation,
) -> Demand:
    """The planner's question for one order. ``refused``: node codes that turned a line down, by order line pk."""
    whole = order.split_preference == SplitPreference.SHIP_COMPLETE and not instruction.split_allowed
    lat, lon = at_place or (None, None)
    store = _store_of(order, nodes)
    return Demand(
        order_ref=order.public_id,
        lines=tuple(_line(part, refused, instruction.pins.get(part.line.pk), store) for part in parts),
        # What is collected travels nowhere: its destination is the counter.
        destination=Destination(store.country, store.postal_code[:4], store.latitude, store.longitude)
        if store
        else Destination(contact.country, contact.postal_code[:4], lat, lon),
        service_level=order.service_level,
        currency=order.currency,
        at=situation.at,
        channel=order.channel,
        channel_priority=terms.priority,
        node_groups=terms.node_groups,
        ship_complete=whole,
        cost_currency=next((node.currency for node in nodes), order.currency),
    )


def _store_of(order: Order, nodes: Collection[Node]) -> Node | None:
    if order.service_level != ServiceLevel.PICKUP or not order.pickup_node:
        return None
    return next((node for node in nodes if node.code == order.pickup_node), None)


def _line(part: Part, refused: Mapping[int, Collection[str]], pinned: str | None, store: Node | None) -> LineDemand:
    return LineDemand(
        line_ref=part.ref,
        sku=part.sku.code,
        quantity=part.quantity,
        tracked=part.sku.tracked,
        unit_weight_g=part.sku.weight_g,
        unit_price_minor=part.line.unit_price_minor,
        pinned_node=pinned or (store.code if store else None),
        # Who pins a line to a node that refused it has talked to them.
        excluded_nodes=() if pinned else tuple(sorted(refused.get(part.line.pk, ()))),
        shipping_category=part.sku.shipping_category,
    )
