"""Setting right what the catalog check finds: which SKU a listing is, and two SKUs that are one."""

from __future__ import annotations

from django.db.models import ProtectedError, RestrictedError

from apps.catalog import events as catalog_events
from apps.catalog.errors import SkuNotFound
from apps.catalog.models import Barcode, Sku, SkuAlias
from apps.catalog.selectors import skus_called
from apps.catalog.services import SkuFacts, upsert_skus
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.transactions import service
from apps.listings.errors import MergeRefused
from apps.listings.models import Listing
from apps.listings.selectors import lock_listings


@service
def match_listing(listing_id: int, *, sku: str, actor: Actor) -> Listing:
    """The listing is this SKU (by whatever it is called), and the code it has there means that SKU in the channel from now on,
    unless it means another one already. Orders that wait for the code are looked at again. Raises SkuNotFound."""
    listing = lock_listings([listing_id])[0]
    channel = listing.channel
    found = skus_called([sku], channel=channel.code, names=True).get(sku)
    if found is None:
        raise SkuNotFound(sku=sku)
    if listing.sku_id == found.pk:
        return listing
    listing.sku, listing.wanted_at = found, None
    listing.save(update_fields=["sku", "wanted_at"])
    if listing.code and not skus_called([listing.code], channel=channel.code):
        upsert_skus([SkuFacts(found.code, {}, [(listing.code, channel.code)])], actor=actor)
        learned = catalog_events.SkuCodeMapped(code=listing.code, channel=channel.code)
        record(catalog_events.sku_fact(found, learned), actor=actor)
    return listing


@service
def merge_skus(code: str, *, into: str, actor: Actor) -> Sku:
    """One SKU for two: listings, barcodes and aliases of the first move to the other, and its code becomes an alias of it.

    Only of one that never stood in an order and of which nothing is or was in stock. Raises SkuNotFound, MergeRefused.
    """
    rows = {sku.code.upper(): sku for sku in _lock(code, into)}
    gone, kept = rows.get(code.upper()), rows.get(into.upper())
    if gone is None or kept is None:
        raise SkuNotFound(sku=code if gone is None else into)
    if gone.pk == kept.pk:
        raise MergeRefused(sku=gone.code)
    Listing.objects.filter(sku=gone).update(sku=kept, wanted_at=None)
    Barcode.objects.filter(sku=gone).update(sku=kept)
    SkuAlias.objects.filter(sku=gone).update(sku=kept)
    called = gone.code
    try:
        gone.delete()
    except (ProtectedError, RestrictedError):
        raise MergeRefused(sku=called) from None
    upsert_skus([SkuFacts(kept.code, {}, [(called, "")])], actor=actor)
    record(catalog_events.sku_fact(kept, catalog_events.SkuCodeMapped(code=called, channel="")), actor=actor)
    return kept


def _lock(*codes: str) -> list[Sku]:
    rows = Sku.objects.extra(where=["upper(code) = ANY(%s)"], params=[[code.upper() for code in codes]])
    return list(rows.select_for_update(no_key=True).order_by("pk"))
