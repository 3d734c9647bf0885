"""What is known here of all that a lot of an import's rows name: the same few queries for any number of rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.catalog.barcodes import barcode_key
from apps.catalog.models import BundleComponent, Sku, SkuAlias
from apps.catalog.selectors import barcode_holders
from apps.channels.models import Channel
from apps.inventory.models import StockLevel, StockMovement
from apps.listings.importing.facts import Facts, code_key
from apps.listings.importing.row_decisions import COLUMNS, KnownCatalog, Writer
from apps.listings.models import CatalogImport, ChannelPlace, FieldRule, ImportRow, Listing
from apps.listings.states import FieldOwner, ImportStage
from apps.network.models import Node


def lock_import(run_id: int) -> CatalogImport:
    """The import with its channel, locked; raises CatalogImport.DoesNotExist."""
    return CatalogImport.objects.select_for_update(of=("self",), no_key=True).select_related("channel").get(pk=run_id)


def rows_beyond(run: CatalogImport, count: int) -> list[ImportRow]:
    """The next rows to be compared or applied."""
    return list(ImportRow.objects.filter(run=run, pk__gt=run.reached).order_by("pk")[:count])


def rows_to_apply(run: CatalogImport, count: int) -> list[ImportRow]:
    """The next rows that the stage has something to do with."""
    rows = ImportRow.objects.filter(run=run, pk__gt=run.reached)
    if run.stage == ImportStage.PARTS:
        rows = rows.exclude(facts__parts=[])
    elif run.stage == ImportStage.STOCK:
        rows = rows.exclude(facts__available={})
    return list(rows.order_by("pk")[:count])


def lock_skus(sku_ids: Iterable[int]) -> None:
    """Lock SKUs in pk order; they are read afterwards."""
    rows = Sku.objects.select_for_update(no_key=True).filter(pk__among=list(sku_ids)).order_by("pk")
    len(rows.values_list("pk"))


def known_of(run: CatalogImport, rows: Sequence[ImportRow]) -> KnownCatalog:
    facts: list[Facts] = [row.facts for row in rows]
    codes = {code for one in facts for code in (one["code"], *_part_codes(one)) if code}
    by_code, listings = _by_code(codes), _listings(run.channel, facts)
    holders = barcode_holders({code for one in facts for code in one["barcodes"]})
    aliases = _aliases(codes, run.channel.code)
    listed = [row.sku_id for row in listings.values() if row.sku_id]
    # Each SKU is read once, by whichever name it is found.
    skus = _filled({sku.pk: sku for sku in by_code.values()}, {*listed, *holders.values(), *aliases.values()})
    for row in listings.values():
        row.sku = skus[row.sku_id] if row.sku_id else None
    by_barcode = {key: skus[pk] for key, pk in holders.items()}
    called = {alias: skus[pk] for alias, pk in aliases.items()}
    meant = {sku.pk: sku for sku in (*by_code.values(), *called.values(), *by_barcode.values())}
    in_run = _keys_in_run(run, {*map(_holder_key, by_barcode.values()), *_part_keys(facts)})
    return KnownCatalog(
        channel=run.channel.code,
        by_code=by_code,
        by_key=_by_key({one["code"] for one in facts if one["code"] and one["code"].upper() not in by_code}),
        by_alias=called,
        by_barcode=by_barcode,
        listings=listings,
        listed=_listed(run.channel, {sku.pk for sku in by_barcode.values()}),
        first_code={key: tuple(first) for key, first in run.twice.get("codes", {}).items()},
        first_barcode={key: tuple(first) for key, first in run.twice.get("barcodes", {}).items()},
        own_codes=in_run,
        strange_parts={
            code.upper()
            for code in (code for one in facts for code in _part_codes(one))
            if code.upper() not in by_code and code.upper() not in called and code_key(code) not in in_run
        },
        sets=_sets({*meant, *listed}) if any(one["parts"] for one in facts) else {},
        rules=rules_of(run.channel),
        outright=_outright(),
    )


def _part_codes(facts: Facts) -> list[str]:
    return [str(code) for code, _ in facts["parts"]]


def _part_keys(facts: Sequence[Facts]) -> set[str]:
    return {code_key(code) for one in facts for code in _part_codes(one)}


def _holder_key(sku: Sku) -> str:
    return code_key(sku.code)


def _listings(channel: Channel, facts: Sequence[Facts]) -> dict[str, Listing]:
    rows = Listing.objects.filter(channel=channel, external_id__in=[one["external_id"] for one in facts])
    return {row.external_id: row for row in rows}


def _filled(skus: dict[int, Sku], sku_ids: set[int]) -> dict[int, Sku]:
    """And those of these that are not among them."""
    missing = sku_ids - skus.keys()
    rows = Sku.objects.filter(pk__among=list(missing)) if missing else ()
    return skus | {row.pk: row for row in rows}


def _listed(channel: Channel, sku_ids: Collection[int]) -> dict[int, str]:
    rows = Listing.objects.filter(channel=channel, sku_id__among=list(sku_ids), active=True)
    return dict(rows.values_list("sku_id", "external_id"))


def _by_code(codes: Collection[str]) -> dict[str, Sku]:
    rows = Sku.objects.extra(where=["upper(code) = ANY(%s)"], params=[[code.upper() for code in codes]])
    return {sku.code.upper(): sku for sku in rows}


def _by_key(codes: Collection[str]) -> dict[str, Sku]:
    """Those whose codes differ from these in spaces only."""
    keys = sorted({code_key(code) for code in codes})
    rows = Sku.objects.extra(where=["upper(replace(code, ' ', '')) = ANY(%s)"], params=[keys])
    return {code_key(sku.code): sku for sku in rows} if keys else {}


def _aliases(codes: Collection[str], channel: str) -> dict[str, int]:
    """The SKU's pk by what it is called also; a channel's own alias before a general one."""
    rows = SkuAlias.objects.extra(where=["upper(alias) = ANY(%s)"], params=[[code.upper() for code in codes]])
    found = rows.filter(channel__in=["", channel]).order_by("channel")
    return {alias.upper(): sku for alias, sku in found.values_list("alias", "sku_id")}


def _keys_in_run(run: CatalogImport, keys: Collection[str]) -> set[str]:
    rows = ImportRow.objects.filter(run=run, code_key__in=list(keys))
    return set(rows.values_list("code_key", flat=True)) if keys else set()


def _sets(sku_ids: Collection[int]) -> dict[int, list[tuple[str, int]]]:
    found: dict[int, list[tuple[str, int]]] = {}
    rows = BundleComponent.objects.filter(bundle_id__among=list(sku_ids))
    for bundle, code, units in rows.values_list("bundle_id", "component__code", "quantity"):
        found.setdefault(bundle, []).append((code, units))
    return found


def rules_of(channel: Channel) -> dict[str, FieldOwner]:
    """Whose word holds, by field, where somebody has said so."""
    rows = FieldRule.objects.filter(channel=channel).values_list("field", "owner")
    return {field: FieldOwner(owner) for field, owner in rows}


def _outright() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    rows = FieldRule.objects.filter(owner=FieldOwner.SHOP)
    for field, channel in rows.values_list("field", "channel__code"):
        found.setdefault(field, set()).add(channel)
    return found


def writers_of(sku_ids: Collection[int]) -> dict[int, dict[str, Writer]]:
    """By SKU and column, who wrote what stands there, as its history has it. Imports write in the name of their channel; a value
    from before there was a history was written here."""
    columns = list(COLUMNS.values())
    blank = Sku()
    defaults = {name: getattr(blank, name) for name in columns}
    rows = Sku.history.filter(id__among=list(sku_ids)).order_by("id", "history_id")
    found: dict[int, dict[str, Writer]] = {}
    before: dict[str, object] = {}
    for pk, actor, *values in rows.values_list("id", "history_actor", *columns):
        if pk not in found:
            before, found[pk] = dict(defaults), {}
        for name, value in zip(columns, values, strict=True):
            if value != before[name]:
                here = found[pk].get(name, Writer()).here or not actor.startswith("channel:")
                found[pk][name], before[name] = Writer(here, actor), value
    unwritten = {name: Writer(here=True) for name in columns}
    old = [pk for pk in sku_ids if pk not in found]
    for sku in Sku.objects.filter(pk__among=old) if old else ():
        found[sku.pk] = {name: one for name, one in unwritten.items() if getattr(sku, name) != defaults[name]}
    return found


_TWICE_CODES = """
SELECT r.code_key, r.id, r.code, r.title FROM listings_importrow r
  JOIN (SELECT code_key, min(id) AS first FROM listings_importrow
         WHERE run_id = %s AND code_key <> '' GROUP BY code_key HAVING count(*) > 1) t ON t.first = r.id
"""
_TWICE_BARCODES = """
SELECT DISTINCT ON (b.value) b.value, r.id, r.code FROM listings_importrow r, jsonb_array_elements_text(r.facts->'barcodes') b
 WHERE r.run_id = %(run)s AND b.value IN (
       SELECT value FROM listings_importrow o, jsonb_array_elements_text(o.facts->'barcodes') value
        WHERE o.run_id = %(run)s GROUP BY value HAVING count(DISTINCT o.id) > 1)
 ORDER BY b.value, r.id
"""


def twice_in(run: CatalogImport) -> dict[str, dict[str, list[object]]]:
    """Codes and barcodes that stand on several rows of an import, each with the row that has it first."""
    with connection.cursor() as cursor:
        cursor.execute(_TWICE_CODES, [run.pk])
        codes: dict[str, list[object]] = {key: [pk, code, title] for key, pk, code, title in cursor.fetchall()}
        cursor.execute(_TWICE_BARCODES, {"run": run.pk})
        barcodes: dict[str, list[object]] = {}
        for value, pk, code in cursor.fetchall():
            barcodes.setdefault(barcode_key(value), [pk, code])
    return {"codes": codes, "barcodes": barcodes}


def gone_from(run: CatalogImport) -> QuerySet[Listing]:
    """Listings that are in use and that the shop did not show this time. A shop that shows nothing at all has lost nothing."""
    rows = Listing.objects.filter(channel=run.channel_id, active=True)
    if not run.read:
        return rows.none()
    shown = ImportRow.objects.filter(run=run).values("external_id")
    return rows.exclude(external_id__in=shown)


def imports() -> QuerySet[CatalogImport]:
    """Every import with its channel."""
    return CatalogImport.objects.select_related("channel")


_PLACES = """
SELECT DISTINCT place FROM listings_importrow r, jsonb_object_keys(r.facts->'available') place WHERE r.run_id = %s
"""


def places_shown(run: CatalogImport) -> list[str]:
    """The ids of places under which the shop shows stock; empty: the shop as a whole."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [run.pk])
        return sorted(row[0] for row in cursor.fetchall())


def proposed_node(place: ChannelPlace, nodes: Sequence[Node]) -> Node | None:
    """The one node that is likely to be the place: by its code, its name, its postcode, else by its town."""
    for name in ("code", "name", "postal_code"):
        said = {place.external_id, place.name} if name == "code" else {getattr(place, name)}
        wanted = {code_key(text) for text in said if text}
        found = [node for node in nodes if code_key(getattr(node, name)) in wanted]
        if len(found) == 1:
            return found[0]
    there = [node for node in nodes if _same_town(place, node)]
    return there[0] if len(there) == 1 else None


def _same_town(place: ChannelPlace, node: Node) -> bool:
    """In the same town; a node without an address is in the town it is called after."""
    if place.country and node.country and place.country != node.country:
        return False
    towns = {code_key(place.city)} if place.city else {code_key(word) for word in place.name.split()}
    return code_key(node.city or node.code) in towns


def counted_levels(pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Of (node pk, SKU pk), those whose stock has ever moved here."""
    levels = StockLevel.objects.filter(node_id__in={node for node, _ in pairs}, sku_id__among=[sku for _, sku in pairs])
    moved = levels.filter(
        Exists(StockMovement.objects.filter(level=OuterRef("pk"))) | Q(on_hand__gt=0) | Q(reserved__gt=0)
    )
    return set(moved.values_list("node_id", "sku_id"))
