"""Sending a channel its figures: one worker at a time for each channel, the newest figure, never out of order.

A figure is absolute, so sending one twice changes nothing. The attempt is counted before the call: a figure whose attempt was not
counted down may have arrived or not, and is sent again; where the shop compares, it is asked first what it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from apps.channels.errors import ShopAddressRefused, ShopBusy, ShopRefused, ShopUnreachable
from apps.channels.events import channel_fact, poll_fact
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.shop import Shop
from apps.channels.framework.stock import Article, Figure, FigureResult, StockLimits
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from apps.core import clock, database_clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.listings import events, selectors
from apps.listings.models import Listing, StockFeed
from apps.listings.states import FigureState

log = structlog.get_logger(__name__)
# Calls of a run end after 40 seconds, and the run is somebody else's after 45: nobody else sends while a call is under way.
LEASE = timedelta(seconds=43)
LONGEST_SHIFT_S = 20.0
# The shop shows something else than it was sent: an order of it is likely on its way here.
SETTLES_IN = timedelta(seconds=10)
# What the column holds: 23 days.
LONGEST_LAG_MS = 2_000_000_000
# A lot of so many that is refused whole, one by one too, is a matter of the shop and not of its articles; at first.
WHOLE_LOT, PATIENCE = 10, 3
REFUSED_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(minutes=5)
# Answers about what was asked, not about who asks.
_ABOUT_THE_FIGURES = frozenset({400, 404, 409, 413, 422})
_RESULT = ["sent", "sent_at", "shown", "shown_at", "state", "refusal", "attempts", "next_at"]


@dataclass(frozen=True, slots=True)
class SendAgain:
    """There is more to send, or it did not go well: not before ``at``."""

    at: datetime
    reason: str


def send_stock(channel_id: int, *, actor: Actor) -> SendAgain | None:
    """Send the channel what waits for it; None: nothing does any more. Must run outside any transaction."""
    channel = Channel.objects.get(pk=channel_id)
    if not selectors.takes_stock(channel):
        StockFeed.objects.filter(pk=channel_id).update(asked_at=None)
        return None
    if (busy_until := _begin(channel_id)) is not None:
        return SendAgain(busy_until, "another worker is at it")
    again = None
    try:
        again = _send_all(channel, actor)
    finally:
        _end(channel_id, again)
    return again or _more(channel_id)


@transaction.atomic
def _begin(channel_id: int) -> datetime | None:
    """None: the channel is ours; else until when it is another worker's at most."""
    feed, now = selectors.lock_feed(channel_id), database_clock.now()
    if feed.busy_until is not None and feed.busy_until > now:
        return feed.busy_until
    StockFeed.objects.filter(pk=channel_id).update(busy_until=now + LEASE, asked_at=now)
    return None


@transaction.atomic
def _end(channel_id: int, again: SendAgain | None) -> None:
    """Under the lock by which runs are asked for: what began to wait meanwhile is seen here, or asks for a run of its own."""
    selectors.lock_feed(channel_id)
    asked = again.at if again else database_clock.now() if selectors.waiting(channel_id).exists() else None
    StockFeed.objects.filter(pk=channel_id).update(busy_until=None, asked_at=asked)


def _more(channel_id: int) -> SendAgain | None:
    feed = StockFeed.objects.get(pk=channel_id)
    return SendAgain(feed.asked_at, "there is more to send") if feed.asked_at is not None else None


def _send_all(channel: Channel, actor: Actor) -> SendAgain | None:
    shop, limits = shop_of(channel), adapter_of(channel.kind).stock or StockLimits()
    until = clock.monotonic() + LONGEST_SHIFT_S
    while clock.monotonic() < until:
        lot = _claim(channel.pk, limits)
        if not lot:
            return None
        try:
            results = _call(channel, shop, limits, lot)
        except (ShopBusy, ShopUnreachable, ShopRefused) as trouble:
            return _note_trouble(channel, trouble, actor)
        _write_down(channel, lot, results, actor)
    return None


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A figure about to be sent. ``attempt``: by which its result is known; ``unsure``: an earlier one may have arrived."""

    listing: int
    figure: Figure
    attempt: int
    unsure: bool
    waited_since: datetime | None


@transaction.atomic
def _claim(channel_id: int, limits: StockLimits) -> list[_Claimed]:
    """The next figures, as they are now; each attempt is counted before the call."""
    found = list(selectors.waiting(channel_id).values_list("pk", flat=True)[: limits.batch])
    locked = {row.pk: row for row in selectors.lock_listings(found)}
    rows = [locked[pk] for pk in found if locked[pk].state == FigureState.WAITING]
    lot = [_claimed(row) for row in rows if row.wanted is not None]
    for row in rows:
        row.attempts += 1
    update_rows(rows, ["attempts"])
    return lot


def _claimed(row: Listing) -> _Claimed:
    article = Article(external_id=row.external_id, stock_id=row.stock_id, code=row.code)
    figure = Figure(
        article=article, available=row.wanted or 0, shown=last_known(row), ref=f"{row.public_id}-{row.wanted}"
    )
    return _Claimed(row.pk, figure, row.attempts + 1, row.attempts > 0, row.wanted_at)


def last_known(row: Listing) -> int | None:
    """What the shop was last known to show: what it took, or what was read there later."""
    if row.shown_at is not None and (row.sent_at is None or row.shown_at > row.sent_at):
        return row.shown
    return row.sent


def _call(channel: Channel, shop: Shop, limits: StockLimits, lot: Sequence[_Claimed]) -> dict[Article, FigureResult]:
    figures = [one.figure for one in lot]
    unsure = [one.figure.article for one in lot if one.unsure]
    if limits.compares and unsure and adapter_of(channel.kind).can(Capability.STOCK_READ):
        now_there = {one.article: one.available for one in shop.read_stock(unsure)}
        figures = [
            Figure(
                article=one.article, available=one.available, shown=now_there.get(one.article, one.shown), ref=one.ref
            )
            for one in figures
        ]
    failures = StockFeed.objects.values_list("failures", flat=True).get(pk=channel.pk)
    return {result.article: result for result in _send(shop, figures, patient=failures < PATIENCE)}


def _send(shop: Shop, figures: Sequence[Figure], *, patient: bool) -> Sequence[FigureResult]:
    """A lot that fails whole because of one of them is sent one by one, until that one is known. ``patient``: where all of a large
    lot are refused it is the shop that refuses.

    Raises what the shop raises, and whatever else went wrong with all of them.
    """
    try:
        return shop.send_stock(figures)
    except (ShopAddressRefused, ShopBusy, ShopUnreachable):
        raise
    except Exception as error:
        # Also what an adapter fails with that nobody foresaw: one odd figure must not keep the others from being sent.
        if isinstance(error, ShopRefused) and error.details.get("answer") not in _ABOUT_THE_FIGURES:
            raise
        found = [_send_one(shop, figure, error) for figure in figures]
        bad = [one for one in found if isinstance(one, _Failed)]
        whole = len(bad) == len(figures)
        if whole and (not isinstance(error, ShopRefused) or (patient and len(bad) >= WHOLE_LOT)):
            raise
    return [_as_refusal(one) if isinstance(one, _Failed) else one for one in found]


@dataclass(frozen=True, slots=True)
class _Failed:
    """One figure that fails alone too, and how."""

    figure: Figure
    error: Exception


def _send_one(shop: Shop, figure: Figure, error: Exception) -> FigureResult | _Failed:
    try:
        results = shop.send_stock([figure])
    except (ShopAddressRefused, ShopBusy, ShopUnreachable):
        raise
    except Exception as own:
        # As above: this one becomes a case, with its error, and the others go on.
        return _Failed(figure, own)
    return results[0] if results else _Failed(figure, error)


def _as_refusal(failed: _Failed) -> FigureResult:
    if isinstance(failed.error, ShopRefused):
        return FigureResult(article=failed.figure.article, taken=False, refusal=failed.error.sentence)
    log.error("figure_not_sent", article=failed.figure.article.external_id, error=repr(failed.error)[:300])
    said = f"Orderyard could not send it ({type(failed.error).__name__})"
    return FigureResult(article=failed.figure.article, taken=False, refusal=said)


@transaction.atomic
def _write_down(channel: Channel, lot: Sequence[_Claimed], results: dict[Article, FigureResult], actor: Actor) -> None:
    now, claimed = database_clock.now(), {one.listing: one for one in lot}
    rows = [row for row in selectors.lock_listings(claimed) if row.attempts == claimed[row.pk].attempt]
    refused, taken_again, surprised = list[Listing](), list[Listing](), False
    for row in rows:
        one, result = claimed[row.pk], results.get(claimed[row.pk].figure.article)
        was_refused = bool(row.refusal)
        if result is None:
            # The shop says nothing of it: it is sent again, like one whose answer was lost.
            row.next_at = now + SETTLES_IN
        elif result.taken:
            _note_taken(row, one.figure.available, now)
            taken_again += [row] if was_refused else []
        elif result.refusal:
            row.state, row.refusal, row.attempts = FigureState.REFUSED, result.refusal[:300], 0
            refused.append(row)
        else:
            surprised = True
            _note_other(row, result, now)
    update_rows(rows, _RESULT)
    record(
        *[events.listing_fact(row, events.ListingRefused(code=row.code or row.external_id)) for row in refused],
        *[events.listing_fact(row, events.ListingAccepted()) for row in taken_again],
        *([poll_fact(channel)] if surprised and adapter_of(channel.kind).can(Capability.POLLING) else []),
        actor=actor,
    )
    _note_flow(channel, lot, rows, now, actor)


def _note_taken(row: Listing, units: int, now: datetime) -> None:
    row.sent, row.sent_at, row.refusal, row.attempts, row.next_at = units, now, "", 0, None
    # One that was overtaken on its way is followed by the newer.
    row.state = FigureState.CURRENT if row.wanted == units or row.wanted is None else FigureState.WAITING


def _note_other(row: Listing, result: FigureResult, now: datetime) -> None:
    """It shows something else than we last knew: nothing was overwritten. It is looked at again once the order that explains it
    has had time to come."""
    row.next_at = now + SETTLES_IN
    if result.shows is not None:
        row.shown, row.shown_at, row.attempts = result.shows, now, 0


def _note_flow(channel: Channel, lot: Sequence[_Claimed], rows: Sequence[Listing], now: datetime, actor: Actor) -> None:
    feed = selectors.lock_feed(channel.pk)
    if feed.trouble_at is not None:
        record(channel_fact(channel, events.ChannelStockResumed()), actor=actor)
    taken = {row.pk for row in rows if row.sent_at == now}
    waits = [now - one.waited_since for one in lot if one.listing in taken and one.waited_since is not None]
    feed.failures, feed.trouble, feed.trouble_at = 0, "", None
    if waits:
        feed.sent_at, feed.lag_ms = now, min(max(0, int(max(waits).total_seconds() * 1000)), LONGEST_LAG_MS)
    feed.save(update_fields=["failures", "trouble", "trouble_at", "sent_at", "lag_ms"])


@transaction.atomic
def _note_trouble(channel: Channel, trouble: Exception, actor: Actor) -> SendAgain:
    """Nothing of it is an attempt of the run: however long the shop is away, one run waits for it and catches up."""
    feed, now = selectors.lock_feed(channel.pk), database_clock.now()
    said = trouble.sentence if isinstance(trouble, ShopRefused) else str(trouble)
    if isinstance(trouble, ShopRefused) and feed.trouble_at is None:
        record(channel_fact(channel, events.ChannelStockRefused()), actor=actor)
    if isinstance(trouble, ShopRefused):
        feed.trouble_at = feed.trouble_at or now
    if not isinstance(trouble, ShopBusy):
        # To wait for one's turn is no failure.
        feed.failures = min(feed.failures + 1, 32_000)
    feed.trouble = said[:300]
    feed.save(update_fields=["failures", "trouble", "trouble_at"])
    return SendAgain(_when(trouble, feed.failures, now), said)


def _when(trouble: Exception, failures: int, now: datetime) -> datetime:
    if isinstance(trouble, ShopBusy):
        return trouble.until
    if isinstance(trouble, ShopRefused):
        return now + REFUSED_PAUSE
    return now + min(timedelta(seconds=2 ** min(failures, 10)), LONGEST_PAUSE)
