"""What happens to SKUs, on the SKU's own timeline."""

from __future__ import annotations

from apps.catalog.models import Sku
from apps.core.event_types import Ball, EventData, Subject, event
from apps.core.outbox import Fact


@event("sku.upserted", subject=Subject.SKU, ball=Ball.NOBODY, says="A SKU was saved.")
class SkuUpserted(EventData):
    pass


@event("sku.code_mapped", subject=Subject.SKU, ball=Ball.SYSTEM, says="An external code was mapped to a SKU.")
class SkuCodeMapped(EventData):
    """``channel``: where ``code`` means this SKU; empty: everywhere."""

    code: str
    channel: str


def sku_fact(sku: Sku, event: EventData) -> Fact:
    return Fact(event, sku.pk, sku.public_id, sku.public_id)
