"""Noticing that a figure may have changed, without any cost to those who change stock.

The stock ledger and the history of settings only ever grow, and their rows are numbered: once a second everything beyond the last
number is looked at. Numbers are given before the rows are committed, so a slower pass looks at the last minutes once more. What
has no ledger (which places a channel sells from, what sets are made of) is compared with what it was.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db import transaction

from apps.catalog.models import BundleComponent
from apps.channels.framework.adapter import Capability
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.transactions import service
from apps.listings import events, selectors
from apps.listings.models import Listing, StockMark
from apps.listings.selectors import SOURCES
from apps.listings.services import feeding
from apps.listings.services.computing import ask_to_send, recount_listings, recount_skus, with_sets
from apps.listings.states import FigureState

FOLLOWING = Actor("system", "stock_out")
# No transaction that moves stock lasts longer.
AGED = timedelta(minutes=2)
# SKUs computed at once, and listings in one part of a sweep.
MOST_SKUS, PART = 5_000, 1_000
SWEEPS_APART = timedelta(minutes=1)


def follow_stock(*, late: bool = False) -> int:
    """Compute again what rests on rows that were written since the last time; ``late``: and on those of the last minutes once
    more. Returns how many figures changed. One worker at a time; whoever comes second leaves."""
    with transaction.atomic():
        _make_marks()
        marks = {
            mark.source: mark
            for mark in StockMark.objects.select_for_update(no_key=True, skip_locked=True).filter(source__in=SOURCES)
        }
        if len(marks) < len(SOURCES):
            return 0
        touched: set[int | None] = set()
        for source, mark in marks.items():
            touched |= _beyond(source, mark, late=late)
        skus = with_sets({sku for sku in touched if sku is not None})
        if None in touched or len(skus) > MOST_SKUS:
            ask_to_recount()
        return recount_skus(skus, actor=FOLLOWING) if len(skus) <= MOST_SKUS else 0


@transaction.atomic
def ask_to_recount(*, retry: bool = False) -> None:
    """Have all figures computed again, part by part; once a minute is enough, whoever asks. ``retry``: as in ``recount_part``."""
    now = database_clock.now()
    mark, made = StockMark.objects.select_for_update(no_key=True).get_or_create(source="sweep")
    if not made and not retry and now - mark.pending_at < SWEEPS_APART:
        mark.state = {"again": True}
    else:
        mark.pending_at, mark.state = now, {}
        record(events.system_fact(events.ListingToRecount(retry=retry)), actor=FOLLOWING)
    mark.save()


def _sweep_again() -> None:
    """What was asked for while a sweep had just begun may concern what that one had passed."""
    mark = StockMark.objects.filter(source="sweep").first()
    if mark is not None and mark.state.get("again") and database_clock.now() - mark.pending_at >= SWEEPS_APART:
        ask_to_recount()


def _make_marks() -> None:
    """Whatever was there before is for the sweep that every fresh listing gets."""
    if StockMark.objects.filter(source__in=SOURCES).count() == len(SOURCES):
        return
    tops = {source: selectors.newest(source) for source in SOURCES}
    StockMark.objects.bulk_create(
        [StockMark(source=source, last_id=top, settled_id=top, pending_id=top) for source, top in tops.items()],
        ignore_conflicts=True,
    )


def _beyond(source: str, mark: StockMark, *, late: bool) -> set[int | None]:
    top, now = selectors.newest(source), database_clock.now()
    first = mark.settled_id if late else mark.last_id
    if late and now - mark.pending_at >= AGED:
        mark.settled_id, mark.pending_id, mark.pending_at = mark.pending_id, mark.last_id, now
    if top <= first:
        if late:
            mark.save()
        return set()
    found = selectors.skus_changed(source, first, top)
    mark.last_id = max(top, mark.last_id)
    mark.save()
    return found


def follow_settings() -> int:
    """The slower pass: places and sets that are no longer what they were, listings nobody has computed yet, and channels for
    which figures wait without anybody sending them. Returns how many figures changed."""
    feeding.offer_all()
    with transaction.atomic():
        fresh = Listing.objects.filter(wanted_at__isnull=True, sku__isnull=False, active=True, channel__active=True)
        changed = recount_listings(list(fresh.order_by("pk").values_list("pk", flat=True)[:PART]), actor=FOLLOWING)
    _follow_places()
    _follow_sets()
    _sweep_again()
    with transaction.atomic():
        ask_to_send(
            [row.pk for row in selectors.channels_with(Capability.STOCK_OUT) if _waits(row.pk)], actor=FOLLOWING
        )
    return changed


def _waits(channel_id: int) -> bool:
    return selectors.waiting(channel_id).exists()


@transaction.atomic
def _follow_places() -> None:
    """Nodes switched on or off, shut or moved to another group, and channels that sell from another group."""
    now = {str(channel): sorted(nodes) for channel, nodes in selectors.selling_nodes().items()}
    mark, made = StockMark.objects.select_for_update(no_key=True).get_or_create(
        source="places", defaults={"state": now}
    )
    if made or mark.state == now:
        return
    changed = [channel for channel in now if now[channel] != mark.state.get(channel)]
    facts = [events.ListingToRecount(channel=int(channel)) for channel in changed]
    # What another channel is guaranteed depends on its places too.
    guaranteed = selectors.guarantees_any([int(channel) for channel in changed])
    if guaranteed:
        ask_to_recount()
    else:
        record(*map(events.system_fact, facts), actor=FOLLOWING)
    mark.state = now
    mark.save()


@transaction.atomic
def _follow_sets() -> None:
    rows = BundleComponent.objects.order_by("pk").values_list("bundle_id", "component_id", "quantity")
    now = {"sets": hashlib.sha256(repr(list(rows)).encode()).hexdigest()}
    mark, made = StockMark.objects.select_for_update(no_key=True).get_or_create(source="sets", defaults={"state": now})
    if made or mark.state == now:
        return
    ask_to_recount()
    mark.state = now
    mark.save()


@service
def recount_part(*, after: int, channel_id: int | None, retry: bool, actor: Actor) -> None:
    """Compute the next listings beyond the pk ``after`` again and have the rest follow. ``retry``: and send once more what was
    refused, because the shop may have been put right."""
    rows = Listing.objects.filter(pk__gt=after, sku__isnull=False, active=True, channel__active=True)
    if channel_id is not None:
        rows = rows.filter(channel=channel_id)
    part = list(rows.order_by("pk").values_list("pk", flat=True)[:PART])
    recount_listings(part, actor=actor)
    if retry:
        refused = Listing.objects.filter(pk__in=part, state=FigureState.REFUSED, wanted__isnull=False)
        channels = set(refused.values_list("channel_id", flat=True))
        refused.update(state=FigureState.WAITING, next_at=None)
        ask_to_send(channels, actor=actor)
    if len(part) == PART:
        more = events.ListingToRecount(after=part[-1], channel=channel_id, retry=retry)
        record(events.system_fact(more), actor=actor)


def sweep() -> None:
    """Compute all figures again, and send once more what was refused: whatever was missed is found."""
    ask_to_recount(retry=True)
