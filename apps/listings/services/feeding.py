"""Figures for channels that can't be called: kept ready for all that is sold, and each change made known."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from apps.catalog.models import Sku
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import kinds_with
from apps.channels.framework.settings import FeedSettings
from apps.channels.models import Channel
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.process_cache import get_or_load
from apps.core.text import Text
from apps.listings import events
from apps.listings.errors import FeedOff
from apps.listings.feed import transaction_number
from apps.listings.models import Listing

# SKUs that get a listing in one go; the next pass takes the next.
PART = 1_000


def feed_channels() -> dict[int, str]:
    """Codes of the channels that offer a stock feed, by pk; as it was within the last second."""
    return get_or_load("feed_channels", "", _feed_channels)


def _feed_channels() -> dict[int, str]:
    rows = Channel.objects.filter(active=True, kind__in=kinds_with(Capability.STOCK_FEED))
    return {row.pk: row.code for row in rows if offers_feed(row)}


def offers_feed(channel: Channel) -> bool:
    settings = channel.typed_settings
    return isinstance(settings, FeedSettings) and settings.stock_feed


def require_feed(channel: Channel) -> None:
    """Raises FeedOff where no figures are kept ready for the channel: whoever read on would show what has long been sold."""
    if not channel.active:
        raise FeedOff(channel=channel.name, problem=Text("the channel is switched off"))
    if channel.kind not in kinds_with(Capability.STOCK_FEED):
        raise FeedOff(channel=channel.name, problem=Text("its kind of channel has none"))
    if not offers_feed(channel):
        raise FeedOff(channel=channel.name, problem=Text("switch “Offers a stock feed” on in its settings"))


@transaction.atomic
def offer_all() -> int:
    """A listing for every SKU that is sold, at each channel that offers a feed; returns how many were made."""
    made = 0
    for channel in feed_channels():
        missing = Sku.objects.filter(active=True).exclude(listings__channel=channel).order_by("pk")[:PART]
        rows = [
            Listing(channel_id=channel, sku=sku, external_id=sku.code, code=sku.code, title=sku.name) for sku in missing
        ]
        Listing.objects.bulk_create(rows, ignore_conflicts=True)
        made += len(rows)
    return made


def note_changes(rows: Sequence[Listing], *, actor: Actor) -> None:
    """Mark the figures, which the caller saves, as written by this transaction, and make those of feeds known."""
    if not rows:
        return
    number, codes = transaction_number(), feed_channels()
    for row in rows:
        row.changed_in = number
    sent = [row for row in rows if row.channel_id in codes and row.wanted is not None]
    record(*[events.listing_fact(row, _event(row, codes[row.channel_id])) for row in sent], actor=actor)


def _event(row: Listing, channel: str) -> events.ListingFigureChanged:
    return events.ListingFigureChanged(
        channel=channel, sku_id=row.sku_id or 0, external_id=row.external_id, available=row.wanted or 0
    )
