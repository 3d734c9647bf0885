"""What happens to stock, as facts. A level's timeline is its ledger; events exist for what others must hear."""

from __future__ import annotations

from apps.core.outbox import Fact
from apps.inventory.models import StockLevel

OVERSOLD = "stock.oversold"
FREED = "stock.freed"
SHORT = "stock.short"
DOUBTED = "stock.doubted"
VOUCHED = "stock.vouched"


def level_fact(name: str, level: StockLevel, **data: int) -> Fact:
    """A fact about one level; ``data`` are quantities."""
    facts = {"sku_id": level.sku_id, "node_id": level.node_id, **data}
    return Fact(name=name, subject_id=level.pk, subject_ref="", stream="", data=facts)
