"""Reading a shop's catalog, page by page, into rows that are compared later: nothing here changes by it.

A page is kept with the mark of the next one in one transaction, so that a reading that was broken off goes on where it was.
"""

from __future__ import annotations

import hashlib

from apps.channels.errors import ChannelNotFound, ShopDeclined, ShopRefused
from apps.channels.framework.adapter import Capability
from apps.channels.framework.catalog import CatalogItem, CatalogPage
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.shop import Shop
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_missing
from apps.core.bulk.fast_rows import make_row
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import in_transaction, service
from apps.listings import events
from apps.listings.errors import CatalogNotOffered, ImportNotThere, ImportUnderWay
from apps.listings.importing import selectors
from apps.listings.importing.facts import code_key, facts_of
from apps.listings.models import CatalogImport, ImportRow
from apps.listings.services.places import note_places, note_unnamed_places
from apps.listings.states import ImportState

# A run is leased for 45 s; a page may be slow in coming.
LONGEST_SHIFT_S = 15.0
_FIELDS = ["code", "code_key", "title", "facts"]


@service
def start_import(channel: Channel, *, actor: Actor) -> CatalogImport:
    """Have a shop's catalog read; one that waits to be looked at is dropped for it. Rows of earlier imports go.

    Raises ChannelNotFound, CatalogNotOffered, ImportUnderWay.
    """
    # Of two who ask at once the second finds the import of the first.
    Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    if not channel.active and not channel.answers:
        raise ChannelNotFound(channel=channel.code)
    if not channel.answers or not adapter_of(channel.kind).can(Capability.CATALOG):
        raise CatalogNotOffered(channel=channel.name)
    standing = CatalogImport.objects.filter(channel=channel)
    if standing.filter(state__in=[ImportState.READING, ImportState.COMPARING, ImportState.APPLYING]).exists():
        raise ImportUnderWay(channel=channel.name)
    standing.filter(state__in=[ImportState.READY, ImportState.STOPPED]).update(
        state=ImportState.DROPPED, changed_at=clock.now()
    )
    ImportRow.objects.filter(run__channel=channel).delete()
    run = CatalogImport.objects.create(channel=channel, started_by=str(actor))
    record(events.import_fact(run, events.ChannelCatalogToRead), actor=actor)
    return run


@service
def resume_import(run_id: int, *, actor: Actor) -> CatalogImport:
    """Go on reading one that stopped, from the page it came to. Raises ImportNotThere where it does not stand still."""
    run = selectors.lock_import(run_id)
    if run.state != ImportState.STOPPED:
        raise ImportNotThere(state=run.get_state_display().lower())
    run.trouble = ""
    run.save(update_fields=["trouble"])
    _move(run, ImportState.READING)
    record(events.import_fact(run, events.ChannelCatalogToRead), actor=actor)
    return run


@service
def drop_import(run_id: int, *, actor: Actor) -> CatalogImport:
    """Read no further, apply nothing; what was applied stays. Dropped twice is dropped once. Raises ImportNotThere when done."""
    run = selectors.lock_import(run_id)
    if run.state == ImportState.DONE:
        raise ImportNotThere(state=run.get_state_display().lower())
    if run.state != ImportState.DROPPED:
        _move(run, ImportState.DROPPED)
        record(events.import_fact(run, events.ChannelCatalogDropped), actor=actor)
    return run


def read_catalog(public_id: str, *, actor: Actor) -> None:
    """Read as many pages as a shift allows; the next shift goes on. Outside any transaction. Raises ShopBusy, ShopUnreachable."""
    run = CatalogImport.objects.select_related("channel").get(public_id=public_id)
    channel, until = run.channel, clock.monotonic() + LONGEST_SHIFT_S
    if run.state != ImportState.READING or not channel.answers:
        return
    shop = shop_of(channel)
    try:
        if not run.read:
            _read_places(run, shop, actor)
        while True:
            page = shop.catalog_page(run.mark)
            if not in_transaction(lambda asked=run.mark, page=page: _keep(run.pk, asked, page)):  # type: ignore[misc]
                return
            run.mark = page.next
            if not page.next:
                break
            if clock.monotonic() > until:
                in_transaction(lambda: _go_on(run, actor))
                return
        in_transaction(lambda: _hand_over(run.pk, actor))
    except ShopRefused as refusal:
        sentence = refusal.sentence
        in_transaction(lambda: _stop(run.pk, sentence))


def _keep(run_id: int, asked: str, page: CatalogPage) -> bool:
    """Whether this page was the one to be read next: another worker may have read it meanwhile."""
    run = selectors.lock_import(run_id)
    if run.state != ImportState.READING or run.mark != asked:
        return False
    marks = [*run.twice.get("marks", []), _short(asked)]
    if page.next and _short(page.next) in marks:
        said, do = Text("a page leads back to one before."), Text("Ask whoever runs the shop, then import again.")
        raise ShopDeclined(channel=run.channel.code, answer=200, operation="the catalog", said=said, do=do)
    rows = [_row(run, item) for item in page.items if item.article.external_id]
    # Pages overlap where the catalog changes meanwhile: what is shown last holds.
    by_id = {row.external_id: row for row in rows}
    insert_missing(list(by_id.values()), unique=["run_id", "external_id"], update=_FIELDS)
    run.mark, run.read, run.changed_at = page.next, run.read + len(by_id), clock.now()
    run.expected = page.total if page.total is not None else run.expected
    run.twice = {"marks": marks}
    run.save(update_fields=["mark", "read", "expected", "twice", "changed_at"])
    return True


def _short(mark: str) -> str:
    """A shop's marks may be long, and its pages many."""
    return hashlib.blake2b(mark.encode(), digest_size=6).hexdigest()


def _row(run: CatalogImport, item: CatalogItem) -> ImportRow:
    facts = facts_of(item, currency=run.channel.default_currency)
    return make_row(
        ImportRow,
        run_id=run.pk,
        external_id=facts["external_id"],
        code=facts["code"],
        code_key=code_key(facts["code"]),
        title=facts["title"],
        facts=facts,
    )


def _go_on(run: CatalogImport, actor: Actor) -> None:
    record(events.import_fact(run, events.ChannelCatalogToRead), actor=actor)


def _read_places(run: CatalogImport, shop: Shop, actor: Actor) -> None:
    """A shop that does not let us see its places is read all the same."""
    if not adapter_of(run.channel.kind).can(Capability.LOCATIONS):
        return
    try:
        note_places(run.channel, shop.locations(), actor=actor)
    except ShopRefused as refusal:
        CatalogImport.objects.filter(pk=run.pk).update(trouble=refusal.sentence[:300])


def _hand_over(run_id: int, actor: Actor) -> None:
    run = selectors.lock_import(run_id)
    if run.state != ImportState.READING:
        return
    note_unnamed_places(run.channel, selectors.places_shown(run), actor=actor)
    run.twice, run.reached = selectors.twice_in(run), 0
    run.read = ImportRow.objects.filter(run=run).count()
    run.save(update_fields=["twice", "reached", "read"])
    _move(run, ImportState.COMPARING)
    record(events.import_fact(run, events.ChannelCatalogToCompare), actor=actor)


def _stop(run_id: int, why: str) -> None:
    run = selectors.lock_import(run_id)
    if run.state == ImportState.READING:
        run.trouble = why[:300]
        run.save(update_fields=["trouble"])
        _move(run, ImportState.STOPPED)


def _move(run: CatalogImport, state: ImportState) -> None:
    run.state, run.changed_at = state, clock.now()
    run.save(update_fields=["state", "changed_at"])
