"""Stock from outside."""

from __future__ import annotations

from datetime import datetime

from apps.api.v1.base import PageOf, Shape
from apps.inventory.models import StockLevel, StockMovement
from apps.inventory.services import Counted


class LevelOut(Shape):
    """One SKU at one node; ``available`` = on hand - reserved - safety stock.

    ``doubted_at``: since when the node says the goods are not there; nothing is available until somebody counts.
    """

    node: str
    sku: str
    on_hand: int
    reserved: int
    safety_stock: int
    available: int
    incoming: int
    backorderable: bool
    backorder_limit: int | None
    counted_at: datetime
    doubted_at: datetime | None
    version: int


class LevelPage(PageOf[LevelOut]):
    """Stock levels."""


class MovementOut(Shape):
    """One line of the ledger; ``reference`` is what it happened for, usually an order. ``booked_at``: when a sale or a return at
    a till was recorded, where ``moved_at`` is when it took place."""

    kind: str
    on_hand_delta: int
    reserved_delta: int
    reference: str
    reason: str
    actor: str
    moved_at: datetime
    booked_at: datetime | None


class MovementPage(PageOf[MovementOut]):
    """Movements of one level."""


class CountedOut(Shape):
    """What became of one row: ``ok``, or the refusal's code and sentence. ``version`` and ``on_hand`` are those after it.

    A row that is ``ok`` has a ``detail`` only where it leaves the level in doubt.
    """

    node: str
    sku: str
    ok: bool
    version: int | None
    on_hand: int | None
    code: str
    detail: str


class CountResult(Shape):
    """One result per row, in the order sent."""

    applied: int
    refused: int
    items: list[CountedOut]


def level(row: StockLevel) -> LevelOut:
    """Needs node and SKU at hand."""
    return LevelOut(
        node=row.node.code,
        sku=row.sku.code,
        on_hand=row.on_hand,
        reserved=row.reserved,
        safety_stock=row.safety_stock,
        available=row.available,
        incoming=row.incoming,
        backorderable=row.backorderable,
        backorder_limit=row.backorder_limit,
        counted_at=row.counted_at,
        doubted_at=row.doubted_at,
        version=row.version,
    )


def movement(row: StockMovement) -> MovementOut:
    return MovementOut(
        kind=row.kind,
        on_hand_delta=row.on_hand_delta,
        reserved_delta=row.reserved_delta,
        reference=row.reference,
        reason=row.reason,
        actor=row.actor,
        moved_at=row.moved_at,
        booked_at=row.booked_at,
    )


def count_result(rows: list[Counted]) -> CountResult:
    items = [
        CountedOut(
            node=row.node,
            sku=row.sku,
            ok=row.ok,
            version=row.version,
            on_hand=row.on_hand,
            code=row.code,
            detail=row.detail,
        )
        for row in rows
    ]
    applied = sum(row.ok for row in rows)
    return CountResult(applied=applied, refused=len(rows) - applied, items=items)
