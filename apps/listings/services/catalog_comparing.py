"""Comparing what was read of a shop's catalog with what is here: the preview. Nothing but the rows themselves is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import service
from apps.listings import events
from apps.listings.importing import selectors
from apps.listings.importing.row_decisions import KnownCatalog, RowDecision, differences, judge, match
from apps.listings.models import CatalogImport, ImportRow
from apps.listings.states import ImportState

LOT = 1_000


@service
def compare_lot(public_id: str, *, actor: Actor) -> None:
    """Compare the next rows; another lot follows until all are, then somebody has to look."""
    run = selectors.lock_import(CatalogImport.objects.get(public_id=public_id).pk)
    if run.state != ImportState.COMPARING:
        return
    rows = selectors.rows_beyond(run, LOT)
    if not rows:
        _present(run, actor)
        return
    judged = judge_rows(rows, selectors.known_of(run, rows))
    note_judged(rows, judged)
    run.counts = add_counts(run.counts, judged)
    run.reached, run.changed_at = rows[-1].pk, clock.now()
    run.save(update_fields=["counts", "reached", "changed_at"])
    record(events.import_fact(run, events.ChannelCatalogToCompare), actor=actor)


def judge_rows(rows: Sequence[ImportRow], known: KnownCatalog) -> list[RowDecision]:
    """What applying each row would do, as things stand."""
    found = [match(row.pk, row.facts, known) for row in rows]
    said = [differences(row.facts, one) for row, one in zip(rows, found, strict=True)]
    differing = {one.sku.pk for one, words in zip(found, said, strict=True) if one.sku is not None and words}
    writers = selectors.writers_of(differing) if differing else {}
    return [
        judge(row.pk, row.facts, one, words, writers.get(one.sku.pk, {}) if one.sku else {}, known)
        for row, one, words in zip(rows, found, said, strict=True)
    ]


def note_judged(rows: Sequence[ImportRow], judged: Sequence[RowDecision], *, skus: Collection[int | None] = ()) -> None:
    """Keep what was found out of each row, where it is not known yet; ``skus``: those of the rows, where they differ."""
    changed, known, ids = [], [], list(skus) or [one.match.sku.pk if one.match.sku else None for one in judged]
    for row, one, sku_id in zip(rows, judged, ids, strict=True):
        says = (str(one.verdict), list(one.changes), list(one.problems))
        if says != (row.verdict, row.changes, row.problems):
            row.verdict, row.changes, row.problems, row.sku_id = *says, sku_id
            changed.append(row)
        elif sku_id != row.sku_id:
            row.sku_id = sku_id
            known.append(row)
    update_rows(changed, ["verdict", "changes", "problems", "sku"])
    update_rows(known, ["sku"])


def add_counts(counts: dict[str, int], judged: Sequence[RowDecision]) -> dict[str, int]:
    """Rows by verdict, rows with something against them, and fields that stay as they are here though the shop says otherwise."""
    added = Counter(counts)
    for one in judged:
        added[str(one.verdict)] += 1
        added["problems"] += bool(one.problems)
        added["kept"] += sum(not change["taken"] for change in one.changes)
    return dict(added)


def _present(run: CatalogImport, actor: Actor) -> None:
    run.counts = {**run.counts, "gone": selectors.gone_from(run).count()}
    run.state, run.reached, run.changed_at = ImportState.READY, 0, clock.now()
    run.save(update_fields=["counts", "state", "reached", "changed_at"])
    record(events.import_fact(run, events.ChannelCatalogReady), actor=actor)
