"""SKUs from outside."""

from __future__ import annotations

from apps.api.v1.base import PageOf, Shape
from apps.catalog.models import Sku
from apps.catalog.services import Upserted


class AliasOut(Shape):
    """Another name; ``channel`` empty: in all channels."""

    alias: str
    channel: str


class SkuOut(Shape):
    """Something that can be picked. Money is minor units of ``currency``."""

    id: str
    code: str
    name: str
    category: str
    shipping_category: str
    attributes: dict[str, str]
    weight_g: int
    price: int
    cost: int
    currency: str
    picture: str
    hs_code: str
    origin: str
    tracked: bool
    active: bool
    aliases: list[AliasOut]
    barcodes: list[str]


class SkuPage(PageOf[SkuOut]):
    """SKUs."""


class UpsertedOut(Shape):
    id: str
    code: str
    created: bool


class UpsertResult(Shape):
    """One result per SKU, in the order sent."""

    created: int
    updated: int
    items: list[UpsertedOut]


def sku(row: Sku) -> SkuOut:
    """Needs aliases and barcodes at hand."""
    return SkuOut(
        id=row.public_id,
        code=row.code,
        name=row.name,
        category=row.category,
        shipping_category=row.shipping_category,
        attributes={name: str(value) for name, value in row.attributes.items()},
        weight_g=row.weight_g,
        price=row.price_minor,
        cost=row.cost_minor,
        currency=row.currency,
        picture=row.picture,
        hs_code=row.hs_code,
        origin=row.origin,
        tracked=row.tracked,
        active=row.active,
        aliases=[AliasOut(alias=one.alias, channel=one.channel) for one in row.aliases.all()],
        barcodes=sorted(one.code for one in row.barcodes.all()),
    )


def upsert_result(rows: list[Upserted]) -> UpsertResult:
    items = [UpsertedOut(id=row.sku.public_id, code=row.sku.code, created=row.created) for row in rows]
    created = sum(row.created for row in rows)
    return UpsertResult(created=created, updated=len(rows) - created, items=items)
