"""What channels are to show, computed again where something has changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from django.db.models import Q

from apps.catalog.models import BundleComponent
from apps.catalog.selectors import components_of
from apps.channels.events import channel_fact
from apps.channels.framework.adapter import Capability
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import service
from apps.listings import events, selectors
from apps.listings.models import Listing, StockFeed
from apps.listings.services.feeding import note_changes
from apps.listings.states import FigureState
from apps.orders.models import OrderLine

# A run that was asked for so long ago and has not said that it is at work was parked or lost.
FORGOTTEN = timedelta(minutes=2)
_CHANGED = ["wanted", "wanted_at", "changed_in", "state", "attempts", "next_at"]


@service
def recount_skus(sku_ids: Collection[int], *, actor: Actor) -> int:
    """Compute the figures of all listings of these SKUs again, and have those sent that changed; returns how many did."""
    if not sku_ids:
        return 0
    found = Listing.objects.filter(sku_id__among=list(sku_ids), active=True, channel__active=True)
    return recount_listings(list(found.values_list("pk", flat=True)), actor=actor)


@service
def recount_orders(order_ids: Collection[int], *, actor: Actor) -> int:
    """The same of what is on these orders, and of what it is made of and part of."""
    lines = OrderLine.every.filter(order_id__among=list(order_ids), sku__isnull=False)
    skus = {pk for pk in lines.values_list("sku_id", flat=True) if pk is not None}
    parts = {row.component_id for rows in components_of(skus).values() for row in rows}
    return recount_skus(with_sets(skus | parts), actor=actor)


def with_sets(sku_ids: Collection[int]) -> set[int]:
    """And the sets that they are parts of."""
    if not sku_ids:
        return set()
    sets = BundleComponent.objects.filter(component_id__among=list(sku_ids)).values_list("bundle_id", flat=True)
    return {*sku_ids, *sets}


@service
def recount_listings(listing_ids: Collection[int], *, actor: Actor) -> int:
    """The same of listings, whose SKUs are known. They are locked first and stock is read afterwards: of two who compute at the
    same time the later one writes what it sees last."""
    if not listing_ids:
        return 0
    rows = [row for row in selectors.lock_listings(listing_ids) if row.sku_id is not None]
    found = selectors.figures({(row.channel_id, row.sku_id) for row in rows if row.sku_id is not None})
    changed, now = [], database_clock.now()
    for row in rows:
        units = found[row.channel_id, row.sku_id or 0].units
        if row.wanted_at is None or units != row.wanted:
            row.wanted, row.wanted_at = units, now
            changed.append(row)
    _place(changed)
    note_changes(changed, actor=actor)
    update_rows(changed, _CHANGED)
    ask_to_send({row.channel_id for row in changed if row.state == FigureState.WAITING}, actor=actor)
    return len(changed)


def _place(rows: Sequence[Listing]) -> None:
    """Which of the figures have to be sent: all but those the channel was sent last. Of one that was under way nobody knows
    whether it arrived; one that is refused waits for a person, or for the next sweep."""
    sending = selectors.channels_sent_to()
    for row in rows:
        row.next_at = None
        if row.state == FigureState.REFUSED:
            continue
        known = row.wanted == row.sent and row.attempts == 0
        needed = row.wanted is not None and not known and row.channel_id in sending
        row.state = FigureState.WAITING if needed else FigureState.CURRENT


@service
def ask_to_send(channel_ids: Iterable[int], *, at_once: bool = False, actor: Actor) -> None:
    """Have these channels sent what waits for them, where they can be now. A run that is due or under way takes it along, so
    that of a shop that was away one catches up and not as many as there were changes. ``at_once``: also where that run waits."""
    wanted = {row.pk: row for row in selectors.channels_with(Capability.STOCK_OUT).filter(pk__in=set(channel_ids))}
    if not wanted:
        return
    StockFeed.objects.bulk_create([StockFeed(channel_id=pk) for pk in sorted(wanted)], ignore_conflicts=True)
    now = database_clock.now()
    idle = StockFeed.objects.filter(pk__in=wanted)
    if not at_once:
        idle = idle.filter(Q(asked_at__isnull=True) | Q(asked_at__lt=now - FORGOTTEN))
    feeds = list(idle.select_for_update(no_key=True).order_by("pk"))
    StockFeed.objects.filter(pk__in=[feed.pk for feed in feeds]).update(asked_at=now)
    record(*[channel_fact(wanted[feed.pk], events.ChannelStockToSend()) for feed in feeds], actor=actor)
