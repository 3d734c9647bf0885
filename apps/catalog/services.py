"""The only writer of SKUs in daily use: taking a catalog feed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.catalog import events
from apps.catalog.barcodes import barcode_key, tidy_barcode
from apps.catalog.errors import AliasTaken, BarcodeTaken
from apps.catalog.models import Barcode, Sku, SkuAlias
from apps.catalog.selectors import skus_by_barcode
from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_rows
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import service

FIELDS = (
    "name",
    "category",
    "shipping_category",
    "attributes",
    "weight_g",
    "price_minor",
    "cost_minor",
    "currency",
    "picture",
    "hs_code",
    "origin",
    "tracked",
    "active",
)


@dataclass(frozen=True, slots=True)
class SkuFacts:
    """What a feed says of one SKU: ``fields`` out of FIELDS, ``aliases`` as (alias, channel code or empty), ``barcodes``."""

    code: str
    fields: Mapping[str, object]
    aliases: Sequence[tuple[str, str]] = ()
    barcodes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Upserted:
    sku: Sku
    created: bool


@service
def upsert_skus(facts: Sequence[SkuFacts], *, actor: Actor) -> list[Upserted]:
    """Make new SKUs and bring known ones up to date, by code whatever its case; fields not named stay as they are.

    Answers stand in the order asked, whose codes differ. Aliases and barcodes are added, never taken away. Raises AliasTaken,
    BarcodeTaken.
    """
    known = _lock({one.code.upper() for one in facts})
    fresh = insert_rows([_changed(Sku(code=one.code), one) for one in facts if one.code.upper() not in known])
    changed = [known[one.code.upper()] for one in facts if _differs(known.get(one.code.upper()), one)]
    for one in facts:
        if one.code.upper() in known:
            _changed(known[one.code.upper()], one)
    update_rows(changed, list(FIELDS))
    rows = {**known, **{sku.code.upper(): sku for sku in fresh}}
    _add_aliases(facts, rows)
    _add_barcodes(facts, rows)
    record(*[events.sku_fact(sku, events.SkuUpserted()) for sku in [*fresh, *changed]], actor=actor)
    return [Upserted(rows[one.code.upper()], created=one.code.upper() not in known) for one in facts]


def _lock(codes: set[str]) -> dict[str, Sku]:
    rows = Sku.objects.extra(where=["upper(code) = ANY(%s)"], params=[list(codes)])
    return {sku.code.upper(): sku for sku in rows.select_for_update(no_key=True).order_by("pk")}


def _differs(sku: Sku | None, facts: SkuFacts) -> bool:
    return sku is not None and any(getattr(sku, name) != value for name, value in facts.fields.items())


def _changed(sku: Sku, facts: SkuFacts) -> Sku:
    for name, value in facts.fields.items():
        assert name in FIELDS
        setattr(sku, name, value)
    return sku


def _add_aliases(facts: Sequence[SkuFacts], rows: Mapping[str, Sku]) -> None:
    wanted = {
        (alias.upper(), channel): SkuAlias(sku=rows[one.code.upper()], alias=alias, channel=channel)
        for one in facts
        for alias, channel in one.aliases
    }
    aliases = [alias for alias, _ in wanted]
    for row in SkuAlias.objects.extra(where=["upper(alias) = ANY(%s)"], params=[aliases]):
        meant = wanted.pop((row.alias.upper(), row.channel), None)
        if meant is not None and meant.sku_id != row.sku_id:
            raise AliasTaken(alias=row.alias)
    SkuAlias.objects.bulk_create(wanted.values())


def _add_barcodes(facts: Sequence[SkuFacts], rows: Mapping[str, Sku]) -> None:
    wanted: dict[str, Barcode] = {}
    for one in facts:
        sku = rows[one.code.upper()]
        for code in filter(None, map(tidy_barcode, one.barcodes)):
            if wanted.setdefault(barcode_key(code), Barcode(sku=sku, code=code)).sku_id != sku.pk:
                raise BarcodeTaken(barcode=code)
    for key, holder in skus_by_barcode([row.code for row in wanted.values()]).items():
        said = wanted.pop(key)
        if said.sku_id != holder.pk:
            raise BarcodeTaken(barcode=said.code)
    Barcode.objects.bulk_create(wanted.values())


@service
def map_code(code: str, *, sku_id: int, channel: str, actor: Actor) -> Sku:
    """From now on ``code`` means this SKU in the channel (its code; empty: in all). Said twice is said once.

    Raises AliasTaken where it means another SKU already.
    """
    sku = Sku.objects.select_for_update(no_key=True).get(pk=sku_id)
    standing = SkuAlias.objects.extra(where=["upper(alias) = upper(%s)"], params=[code]).filter(channel=channel).first()
    if standing is not None and standing.sku_id != sku_id:
        raise AliasTaken(alias=code)
    if standing is None:
        SkuAlias.objects.create(sku=sku, alias=code, channel=channel)
        record(events.sku_fact(sku, events.SkuCodeMapped(code=code, channel=channel)), actor=actor)
    return sku
