"""Asking channels what they show: on a schedule those not looked at for longest, on demand the ones somebody names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q

from apps.channels.events import channel_fact
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.shop import Shop
from apps.channels.framework.stock import Article, StockLimits
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from apps.core import clock, database_clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import service
from apps.listings import events, selectors
from apps.listings.models import Listing, StockFeed
from apps.listings.services.change_detection import FOLLOWING

# In one go of the schedule, and how long what was read is good enough.
MOST_READ, READ_AGAIN = 1_000, timedelta(hours=6)
LONGEST_SHIFT_S = 20.0


@service
def ask_to_read(channel_ids: Collection[int], *, listings: Sequence[str] | None = None, actor: Actor) -> int:
    """Have channels asked what they show; ``listings``: public ids, else those not looked at for longest. Returns how many can be."""
    channels = selectors.channels_with(Capability.STOCK_READ).filter(pk__in=list(channel_ids))
    kind = events.ChannelStockToRead(listings=list(listings) if listings is not None else None)
    facts = [channel_fact(channel, kind) for channel in channels.order_by("pk")]
    record(*facts, actor=actor)
    return len(facts)


@transaction.atomic
def ask_all_to_read() -> int:
    """On a schedule: every channel with listings that can be asked."""
    channels = selectors.channels_with(Capability.STOCK_READ).filter(listings__active=True).distinct()
    return ask_to_read(list(channels.values_list("pk", flat=True)), actor=FOLLOWING)


def read_stock(channel_id: int, *, listings: Sequence[str] | None = None) -> int:
    """Ask the channel what it shows and keep it; returns for how many listings. Outside any transaction.

    Raises ShopBusy, ShopRefused, ShopUnreachable; what was read until then is kept.
    """
    channel = Channel.objects.get(pk=channel_id)
    if not selectors.shows_stock(channel):
        return 0
    limits, until, read = adapter_of(channel.kind).stock or StockLimits(), clock.monotonic() + LONGEST_SHIFT_S, 0
    shop, wanted = shop_of(channel), _to_read(channel_id, listings)
    for start in range(0, len(wanted), limits.batch):
        if clock.monotonic() > until or (start and listings is None and selectors.waiting(channel_id).exists()):
            # Both count against the shop's rate, and what is to be sent goes first; the next round reads on.
            break
        read += _read(shop, wanted[start : start + limits.batch])
    StockFeed.objects.update_or_create(channel_id=channel_id, defaults={"read_at": database_clock.now()})
    return read


def _to_read(channel_id: int, listings: Sequence[str] | None) -> list[Listing]:
    rows = Listing.objects.filter(channel=channel_id, active=True)
    if listings is not None:
        return list(rows.filter(public_id__in=listings).order_by("pk"))
    old = Q(shown_at__isnull=True) | Q(shown_at__lt=database_clock.now() - READ_AGAIN) | Q(sent_at__gt=F("shown_at"))
    return list(rows.filter(old).order_by(F("shown_at").asc(nulls_first=True), "pk")[:MOST_READ])


def _read(shop: Shop, rows: Sequence[Listing]) -> int:
    by_article = {Article(external_id=row.external_id, stock_id=row.stock_id, code=row.code): row.pk for row in rows}
    asked_at = database_clock.now()
    shown = {
        by_article[one.article]: one.available for one in shop.read_stock(list(by_article)) if one.article in by_article
    }
    with transaction.atomic():
        # What was sent while the answer was on its way is newer than the answer.
        still = [row for row in selectors.lock_listings(shown) if row.sent_at is None or row.sent_at < asked_at]
        for row in still:
            row.shown, row.shown_at = shown[row.pk], asked_at
        update_rows(still, ["shown", "shown_at"])
    return len(still)
