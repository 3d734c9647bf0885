"""Applying an import that somebody has looked at: SKUs and listings, then parts of sets, then opening stock.

Each lot is judged again against what stands here by then, and written in one transaction with how far it came. So an import that
was broken off goes on where it was, and one that is applied a second time changes nothing. SKUs are written in the name of the
channel, by which their history shows what was edited here from what a shop has said.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from apps.catalog.barcodes import barcode_key
from apps.catalog.models import Barcode, BundleComponent, Sku
from apps.catalog.selectors import resolve_codes
from apps.catalog.services import SkuFacts, upsert_skus
from apps.channels.models import Channel
from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_missing, insert_rows
from apps.core.bulk.bulk_update import update_rows
from apps.core.bulk.fast_rows import make_row
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import service
from apps.inventory.services import Count, count_stock
from apps.listings import events
from apps.listings.errors import ImportNotThere, PlaceRefused
from apps.listings.importing import selectors
from apps.listings.importing.row_decisions import LISTING_FIELDS, RowDecision
from apps.listings.models import CatalogImport, ChannelPlace, ImportRow, Listing
from apps.listings.services.catalog_comparing import judge_rows, note_judged
from apps.listings.states import ImportStage, ImportState

LOT = 1_000
_LISTING = ["sku", *LISTING_FIELDS, "wanted_at"]


@service
def apply_import(run_id: int, *, stock_from: Collection[int] = (), actor: Actor) -> CatalogImport:
    """Have an import applied, as its preview says. ``stock_from``: pks of the places whose stock is taken as opening stock.

    Applied twice is applied once. Raises ImportNotThere, PlaceRefused.
    """
    run = selectors.lock_import(run_id)
    if run.state in (ImportState.APPLYING, ImportState.DONE):
        return run
    if run.state != ImportState.READY:
        raise ImportNotThere(state=run.get_state_display().lower())
    places = ChannelPlace.objects.filter(channel=run.channel, pk__in=list(stock_from))
    for place in places:
        if place.node_id is None:
            raise PlaceRefused(place=place.name, problem=Text("say first which of your locations it is"))
    run.state, run.stage, run.reached = ImportState.APPLYING, ImportStage.ARTICLES, 0
    run.stock_from = sorted(place.pk for place in places)
    run.applied_by, run.changed_at = str(actor), clock.now()
    run.save()
    record(events.import_fact(run, events.ChannelCatalogToApply), actor=actor)
    return run


@service
def apply_lot(public_id: str, *, actor: Actor) -> None:
    """Apply the next rows; another lot follows until all are."""
    run = selectors.lock_import(CatalogImport.objects.get(public_id=public_id).pk)
    if run.state != ImportState.APPLYING:
        return
    rows = selectors.rows_to_apply(run, LOT)
    if rows:
        _STAGES[ImportStage(run.stage)](run, rows)
        run.reached = rows[-1].pk
    else:
        _next_stage(run)
    run.changed_at = clock.now()
    run.save(update_fields=["state", "stage", "reached", "changed_at"])
    over = run.state == ImportState.DONE
    kind = events.ChannelCatalogApplied if over else events.ChannelCatalogToApply
    record(events.import_fact(run, kind), actor=actor)


def _next_stage(run: CatalogImport) -> None:
    """Stages that have nothing to do are passed over."""
    later = list(ImportStage)[list(ImportStage).index(ImportStage(run.stage)) + 1 :]
    if not run.stock_from:
        later = [stage for stage in later if stage != ImportStage.STOCK]
    if later:
        run.stage, run.reached = later[0], 0
        return
    gone = list(selectors.gone_from(run))
    for listing in gone:
        listing.active = False
    update_rows(gone, ["active"])
    run.state = ImportState.DONE


def _apply_articles(run: CatalogImport, rows: Sequence[ImportRow]) -> None:
    by = Actor("channel", run.channel.code)
    selectors.lock_skus(_skus_of(run, rows))
    judged = judge_rows(rows, selectors.known_of(run, rows))
    skus = _write_skus(run.channel, judged, by)
    _add_barcodes(judged, skus)
    ids = [skus[one.match.code.upper()].pk if one.match.code else None for one in judged]
    _write_listings(run, rows, ids)
    note_judged(rows, judged, skus=ids)


def _skus_of(run: CatalogImport, rows: Sequence[ImportRow]) -> set[int]:
    """Those the rows were found to be: locked before it is looked again what is to be written to them."""
    return {row.sku_id for row in rows if row.sku_id is not None}


def _write_skus(channel: Channel, judged: Sequence[RowDecision], by: Actor) -> dict[str, Sku]:
    """Every SKU that the rows are, by its code in capitals."""
    facts: dict[str, SkuFacts] = {}
    for one in judged:
        alias = [(one.match.alias, channel.code)] if one.match.alias else []
        if one.match.code and (one.fields or alias or one.match.sku is None):
            facts.setdefault(one.match.code.upper(), SkuFacts(one.match.code, one.fields, alias))
    known = {one.match.code.upper(): one.match.sku for one in judged if one.match.sku is not None}
    written = upsert_skus(list(facts.values()), actor=by) if facts else []
    return {**known, **{one.sku.code.upper(): one.sku for one in written}}


def _add_barcodes(judged: Sequence[RowDecision], skus: Mapping[str, Sku]) -> None:
    wanted = {
        barcode_key(code): make_row(Barcode, sku_id=skus[one.match.code.upper()].pk, code=code)
        for one in judged
        for code in one.barcodes
    }
    insert_missing(list(wanted.values()))


def _write_listings(run: CatalogImport, rows: Sequence[ImportRow], sku_ids: Sequence[int | None]) -> None:
    """Listings are made and brought up to date; one that gets another SKU has its figure computed again."""
    known = {
        row.external_id: row
        for row in Listing.objects.select_for_update(no_key=True)
        .filter(channel=run.channel, external_id__in=[row.external_id for row in rows])
        .order_by("pk")
    }
    fresh, changed = list[Listing](), list[Listing]()
    for row, sku_id in zip(rows, sku_ids, strict=True):
        listing = known.get(row.external_id)
        if listing is None:
            listing = make_row(Listing, channel_id=run.channel_id, external_id=row.external_id)
            fresh.append(listing)
        elif _differs(listing, row, sku_id):
            changed.append(listing)
        if sku_id is not None and listing.sku_id != sku_id:
            listing.sku_id, listing.wanted_at = sku_id, None
        for name in LISTING_FIELDS:
            setattr(listing, name, row.facts[name])
    insert_rows(fresh)
    update_rows(changed, _LISTING)
    if known:
        Listing.objects.filter(pk__among=[row.pk for row in known.values()]).update(seen_at=clock.now())


def _differs(listing: Listing, row: ImportRow, sku_id: int | None) -> bool:
    linked = sku_id is not None and listing.sku_id != sku_id
    return linked or any(getattr(listing, name) != row.facts[name] for name in LISTING_FIELDS)


def _apply_parts(run: CatalogImport, rows: Sequence[ImportRow]) -> None:
    """Once all SKUs are there. A set whose parts are known here keeps them; one of whose parts one is unknown gets none."""
    sets = {row.sku_id: row.facts["parts"] for row in rows if row.facts["parts"] and row.sku_id is not None}
    if not sets:
        return
    known = set(BundleComponent.objects.filter(bundle_id__among=list(sets)).values_list("bundle_id", flat=True))
    found = resolve_codes([code for parts in sets.values() for code, _ in parts], channel=run.channel.code)
    made = []
    for bundle, parts in sets.items():
        units = {found[code].pk: count for code, count in parts if code in found}
        # Sets are made of single goods: a set in a set, or of itself, has no parts to be picked.
        nested = bundle in units or BundleComponent.objects.filter(bundle_id__among=list(units)).exists()
        if bundle not in known and len(units) == len(parts) and not nested:
            made += [BundleComponent(bundle_id=bundle, component_id=pk, quantity=count) for pk, count in units.items()]
    BundleComponent.objects.bulk_create(made, ignore_conflicts=True)


def _apply_stock(run: CatalogImport, rows: Sequence[ImportRow]) -> None:
    """Stock of places that somebody chose, where nothing was ever counted here: what moved since is better known here."""
    places = {
        place.external_id: place.node
        for place in ChannelPlace.objects.filter(pk__in=run.stock_from, node__isnull=False).select_related("node")
    }
    codes = dict(Sku.objects.filter(pk__among=[row.sku_id for row in rows]).values_list("pk", "code"))
    said: dict[tuple[int, int], Count] = {}
    for row in rows:
        for place, units in row.facts["available"].items():
            node = places.get(place)
            if node is not None and row.sku_id is not None and units:
                said.setdefault((node.pk, row.sku_id), Count(node.code, codes[row.sku_id], on_hand=units))
    counted = selectors.counted_levels(said)
    counts = [count for pair, count in sorted(said.items()) if pair not in counted]
    if counts:
        reason = f"Opening stock from {run.channel.name}"
        count_stock(counts, reason=reason[:200], reference=run.public_id, actor=Actor("channel", run.channel.code))


_STAGES = {
    ImportStage.ARTICLES: _apply_articles,
    ImportStage.PARTS: _apply_parts,
    ImportStage.STOCK: _apply_stock,
}
