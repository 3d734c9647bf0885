"""Stock to the channels: figures computed again, sent, read back, and what channels do not take put before a person."""

from __future__ import annotations

from collections.abc import Sequence

from apps.casework.services import Problem, clear_cases, open_cases
from apps.casework.states import CaseType
from apps.channels.errors import ShopBusy
from apps.channels.models import Channel
from apps.core.actor import Actor
from apps.core.text import Text
from apps.inventory.events import StockConfirmed, StockDoubted
from apps.listings.events import (
    ChannelStockRefused,
    ChannelStockResumed,
    ChannelStockToRead,
    ListingAccepted,
    ListingRefused,
    ListingToRecount,
)
from apps.listings.models import Listing, StockFeed
from apps.listings.selectors import figures, refused_by_channel
from apps.listings.services.change_detection import recount_part
from apps.listings.services.computing import recount_orders, recount_skus
from apps.listings.services.reading_back import read_stock
from apps.listings.services.sending import send_stock
from apps.listings.states import FigureState
from apps.orchestration.step import Due, DueOf, TryLater

SEND_ATTEMPTS, READ_ATTEMPTS = 20, 3
# A channel that refuses more than so many gets one case and not one for each.
MOST_CASES = 20


def recount_doubted(dues: Sequence[DueOf[StockDoubted | StockConfirmed]], actor: Actor) -> None:
    """A level came into doubt or out of it, which may be no movement of stock: what channels may sell is computed again."""
    recount_skus({due.event.sku_id for due in dues}, actor=actor)


def recount_unplaced(dues: Sequence[Due], actor: Actor) -> None:
    """Orders that claim no stock, because they are held or wait, are sold all the same; this follows how they come and go."""
    recount_orders({due.subject_id for due in dues}, actor=actor)


def recount_listings(dues: Sequence[DueOf[ListingToRecount]], actor: Actor) -> None:
    """Compute one part of the figures again; the next part follows."""
    for due in dues:
        recount_part(after=due.event.after, channel_id=due.event.channel, retry=due.event.retry, actor=actor)


def send_channel_stock(dues: Sequence[Due], actor: Actor) -> None:
    """Send a channel the figures that wait for it."""
    for due in dues:
        again = send_stock(due.subject_id, actor=actor)
        if again is not None:
            raise TryLater(again.at, again.reason)


def read_channel_stock(dues: Sequence[DueOf[ChannelStockToRead]], actor: Actor) -> None:
    """Ask a channel what it shows."""
    for due in dues:
        try:
            read_stock(due.subject_id, listings=due.event.listings)
        except ShopBusy as busy:
            raise TryLater(busy.until, str(busy)) from None


def report_refused_stock(
    dues: Sequence[DueOf[ListingRefused | ListingAccepted | ChannelStockRefused | ChannelStockResumed]],
    actor: Actor,
) -> None:
    """One case stands for each figure that a channel refuses, and one for a channel that takes none, or refuses many; they end with
    their causes."""
    listings = Listing.objects.select_related("channel", "sku").in_bulk(
        {due.subject_id for due in dues if isinstance(due.event, ListingRefused | ListingAccepted)}
    )
    named = {due.subject_id for due in dues if isinstance(due.event, ChannelStockRefused | ChannelStockResumed)}
    channels = Channel.objects.in_bulk(named | {row.channel_id for row in listings.values()})
    feeds = StockFeed.objects.filter(pk__in=channels, trouble_at__isnull=False).in_bulk()
    counts = refused_by_channel(channels)
    refused = _still_sold([row for row in listings.values() if row.state == FigureState.REFUSED])
    one_by_one = [row for row in refused if counts.get(row.channel_id, 0) <= MOST_CASES]
    many = {row.channel_id: row for row in refused if counts.get(row.channel_id, 0) > MOST_CASES}
    problems = [_refused(row) for row in one_by_one]
    problems += [_not_taken(channels[pk], feed) for pk, feed in feeds.items()]
    problems += [_many_refused(row, counts[pk]) for pk, row in many.items() if pk not in feeds]
    open_cases(problems, actor=actor)
    over = {row.public_id for row in listings.values() if row.state == FigureState.CURRENT}
    over |= {one.public_id for pk, one in channels.items() if pk not in feeds and counts.get(pk, 0) <= MOST_CASES}
    clear_cases(over, types=[CaseType.STOCK_REFUSED], resolution=Text("the channel takes it again"), actor=actor)


def _still_sold(rows: Sequence[Listing]) -> list[Listing]:
    """Of what is not sold there any more nobody needs to be notified that the channel refuses it."""
    found = figures({(row.channel_id, row.sku_id) for row in rows if row.sku_id is not None})
    return [row for row in rows if row.sku_id is not None and found[row.channel_id, row.sku_id].rule.sold_here]


def _refused(row: Listing) -> Problem:
    return Problem(
        type=CaseType.STOCK_REFUSED,
        subject_ref=row.public_id,
        sentence=Text(
            "{name} does not take {count} as the stock of {sku}: {words}",
            name=row.channel.name,
            count=row.wanted,
            sku=row.code or row.external_id,
            words=row.refusal,
        ),
        stream=row.public_id,
        detail={"channel": row.channel.code, "sku": row.sku.code if row.sku else "", "words": row.refusal},
        value_minor=0,
    )


def _many_refused(row: Listing, count: int) -> Problem:
    return Problem(
        type=CaseType.STOCK_REFUSED,
        subject_ref=row.channel.public_id,
        sentence=Text(
            "{name} refuses the stock of {count} articles. Of {sku} it says: {words}",
            name=row.channel.name,
            count=count,
            sku=row.code or row.external_id,
            words=row.refusal,
        ),
        stream=row.channel.public_id,
        detail={"channel": row.channel.code, "words": row.refusal},
        value_minor=0,
    )


def _not_taken(channel: Channel, feed: StockFeed) -> Problem:
    return Problem(
        type=CaseType.STOCK_REFUSED,
        subject_ref=channel.public_id,
        sentence=Text("{name} takes no figures of stock: {words}", name=channel.name, words=feed.trouble),
        stream=channel.public_id,
        detail={"channel": channel.code, "words": feed.trouble},
        value_minor=0,
    )
