"""What becomes of an order's goods: which node has what, how far it is, in which parcel it left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch

from apps.core.models import Event
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder, Package, Shipment
from apps.fulfillment.states import FulfillmentState
from apps.inventory.models import Reservation
from apps.inventory.states import ReservationState
from apps.orders.models import Order, OrderLine
from apps.orders.states import OrderState

GIVEN_UP = (FulfillmentState.REJECTED, FulfillmentState.CANCELLED)
STOPS = ("accepted", "picked", "packed", "shipped", "delivered")


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop inside a node. ``status``: done, current or ahead."""

    name: str
    status: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ParcelItem:
    """So many units of a SKU in a parcel."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ParcelView:
    package: Package
    contents: list[ParcelItem]


@dataclass(frozen=True, slots=True)
class ShipmentView:
    row: Shipment
    packages: list[Package]
    parcels: list[ParcelView]


@dataclass(slots=True)
class Goods:
    """One fulfillment order with its lines and parcels."""

    row: FulfillmentOrder
    lines: list[FulfillmentLine]
    shipments: list[ShipmentView]
    stops: list[Stop] = field(default_factory=list)

    @property
    def given_up(self) -> bool:
        return self.row.state in GIVEN_UP

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def shipped_units(self) -> int:
        return sum(line.shipped_quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class LinePortion:
    """Part of a line: so many units at a node. ``state`` is a fulfillment state or a word of its own."""

    quantity: int
    node: str
    kind: str
    state: str
    ref: str = ""
    sku: str = ""
    waits: int = 0


@dataclass(frozen=True, slots=True)
class LineView:
    """An order line and where its units are. ``unplaced``: units no node has yet; ``short``: units nodes did not find."""

    line: OrderLine
    total_minor: int
    portions: list[LinePortion]
    unplaced: int
    short: int
    shipped: int


def goods_of(order: Order) -> list[Goods]:
    """The order's fulfillment orders, the living ones first."""
    lines = FulfillmentLine.objects.select_related("sku", "order_line", "reservation").order_by("pk")
    shipments = Shipment.objects.order_by("pk").prefetch_related(
        Prefetch("packages", Package.objects.select_related("shipment").order_by("pk"))
    )
    rows = (
        FulfillmentOrder.objects.filter(order=order)
        .select_related("node")
        .prefetch_related(Prefetch("lines", lines), Prefetch("shipments", shipments))
        .order_by("pk")
    )
    moments = _moments(order)
    found = [_goods(row, moments.get(row.public_id, {})) for row in rows]
    return sorted(found, key=lambda one: (one.given_up, one.row.pk))


def _moments(order: Order) -> dict[str, dict[str, datetime]]:
    """When each fulfillment order first came to each stop, by its public id."""
    found: dict[str, dict[str, datetime]] = {}
    names = [f"fulfillment.{stop}" for stop in STOPS]
    rows = Event.objects.filter(stream=order.public_id, name__in=names).order_by("pk")
    for ref, name, moment in rows.values_list("subject_ref", "name", "recorded_at"):
        found.setdefault(ref, {}).setdefault(name.partition(".")[2], moment)
    return found


def _goods(row: FulfillmentOrder, moments: Mapping[str, datetime]) -> Goods:
    lines = list(row.lines.all())
    skus = {line.pk: line.sku.code for line in lines}
    shipments = [_shipment(shipment, skus) for shipment in row.shipments.all()]
    return Goods(row, lines, shipments, [] if row.state in GIVEN_UP else _stops(row.state, moments))


def _stops(state: str, moments: Mapping[str, datetime]) -> list[Stop]:
    here = STOPS.index(state) if state in STOPS else -1
    return [
        Stop(name, "done" if place <= here else "current" if place == here + 1 else "ahead", moments.get(name))
        for place, name in enumerate(STOPS)
    ]


def _shipment(row: Shipment, skus: Mapping[int, str]) -> ShipmentView:
    packages = list(row.packages.all())
    parcels = [
        ParcelView(package, [ParcelItem(skus.get(part["line"], "?"), part["quantity"]) for part in package.contents])
        for package in packages
    ]
    return ShipmentView(row, packages, parcels)


def line_views(order: Order, lines: Sequence[OrderLine], goods: Sequence[Goods]) -> list[LineView]:
    """Each line of the order with where its units are now."""
    by_line: dict[int, list[LinePortion]] = {}
    short: dict[int, int] = {}
    for one in goods:
        for line in one.lines:
            short[line.order_line_id] = short.get(line.order_line_id, 0) + line.short_quantity
            if not one.given_up and line.quantity:
                by_line.setdefault(line.order_line_id, []).extend(_portions(one.row, line))
    for claim in _unbound(order):
        portion = LinePortion(
            claim.quantity,
            claim.level.node.name,
            "reservation",
            claim.state,
            "",
            claim.level.sku.code,
            claim.backordered,
        )
        by_line.setdefault(claim.order_line_id, []).append(portion)
    return [_line_view(order, line, by_line.get(line.pk, []), short.get(line.pk, 0)) for line in lines]


def _portions(row: FulfillmentOrder, line: FulfillmentLine) -> list[LinePortion]:
    """What has left and what has not are two portions."""
    left = line.quantity - line.shipped_quantity
    waits = line.reservation.backordered if line.reservation else 0
    gone = FulfillmentState.DELIVERED if row.state == FulfillmentState.DELIVERED else FulfillmentState.SHIPPED
    parts = [(line.shipped_quantity, gone, 0), (left, row.state, waits)]
    return [
        LinePortion(units, row.node.name, "fulfillment", state, row.public_id, line.sku.code, late)
        for units, state, late in parts
        if units
    ]


def _unbound(order: Order) -> list[Reservation]:
    rows = Reservation.objects.filter(order_id=order.pk, state=ReservationState.RESERVED)
    return list(rows.select_related("level__node", "level__sku").order_by("pk"))


def _line_view(order: Order, line: OrderLine, portions: list[LinePortion], short: int) -> LineView:
    own = [p for p in portions if line.sku is not None and p.sku == line.sku.code]
    placed = sum(portion.quantity for portion in own)
    open_units = line.open_quantity if line.physical and order.state != OrderState.CANCELLED else 0
    # A set is picked as its parts, which have quantities of their own.
    unplaced = 0 if portions and not own else max(open_units - placed, 0)
    shipped = sum(portion.quantity for portion in own if portion.state in ("shipped", "delivered"))
    total = line.quantity * line.unit_price_minor - line.discount_minor
    return LineView(line, total, portions, unplaced, short, shipped)
