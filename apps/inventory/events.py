"""What happens to stock. A level's timeline is its ledger; events exist for what others must be notified of."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apps.core.event_types import Ball, EventData, NodePk, SkuPk, Subject, event
from apps.core.outbox import Fact
from apps.inventory.models import StockLevel

LEVEL = Subject.STOCK_LEVEL


@dataclass(frozen=True, slots=True, kw_only=True)
class StockEvent(EventData):
    """Which SKU, and where; filled in by ``level_fact``."""

    sku_id: SkuPk = 0
    node_id: NodePk = 0


@event(
    "stock.freed",
    subject=LEVEL,
    ball=Ball.SYSTEM,
    says="Stock became free; waiting orders are checked again.",
    public=("sku_id", "node_id"),
)
class StockFreed(StockEvent):
    pass


@event(
    "stock.short",
    subject=LEVEL,
    ball=Ball.NOBODY,
    says="A location found less than was counted.",
    public=("sku_id", "node_id", "missing"),
)
class StockShort(StockEvent):
    missing: int


@event(
    "stock.oversold",
    subject=LEVEL,
    ball=Ball.PERSON,
    says="More is promised than is there.",
    public=("sku_id", "node_id", "short"),
)
class StockOversold(StockEvent):
    """``short``: units promised beyond what is there."""

    short: int


@event(
    "stock.doubted",
    subject=LEVEL,
    ball=Ball.PERSON,
    says="A level was found to be wrong; it is not relied on until it is counted.",
    public=("sku_id", "node_id", "missing", "found"),
)
class StockDoubted(StockEvent):
    """``missing``: units its node did not find. ``found``: units that left beyond what was counted."""

    missing: int
    found: int = 0


@event(
    "stock.vouched", subject=LEVEL, ball=Ball.SYSTEM, says="A level in doubt was counted.", public=("sku_id", "node_id")
)
class StockConfirmed(StockEvent):
    pass


def level_fact(level: StockLevel, event: StockEvent) -> Fact:
    """Something that happened to one level."""
    about = replace(event, sku_id=level.sku_id, node_id=level.node_id)
    return Fact(about, level.pk, "", "")
