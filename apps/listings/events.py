"""What happens to the figures channels show."""

from __future__ import annotations

from dataclasses import dataclass

from apps.channels.events import channel_fact
from apps.core.event_types import Ball, EventData, SkuPk, Subject, event
from apps.core.outbox import Fact
from apps.listings.models import CatalogImport, Listing


@event(
    "channel.stock_to_send", subject=Subject.CHANNEL, ball=Ball.INTEGRATION, says="Stock figures are due to be sent."
)
class ChannelStockToSend(EventData):
    pass


@event(
    "channel.stock_to_read",
    subject=Subject.CHANNEL,
    ball=Ball.INTEGRATION,
    says="The channel's shown stock is being read.",
)
class ChannelStockToRead(EventData):
    """``listings``: public ids of those somebody asked for; None: those not looked at for longest."""

    listings: list[str] | None = None


@event("listing.to_recount", subject=Subject.SYSTEM, ball=Ball.SYSTEM, says="Figures of stock are computed again.")
class ListingToRecount(EventData):
    """Of listings beyond the pk ``after``, of one channel or of all. ``retry``: and what was refused is sent once more."""

    after: int = 0
    channel: int | None = None
    retry: bool = False


@event(
    "listing.refused",
    subject=Subject.LISTING,
    ball=Ball.PERSON,
    says="The channel refuses the figure of {code}.",
)
class ListingRefused(EventData):
    code: str


@event("listing.taken_again", subject=Subject.LISTING, ball=Ball.NOBODY, says="The channel accepts its figure again.")
class ListingAccepted(EventData):
    pass


@event(
    "channel.stock_not_taken", subject=Subject.CHANNEL, ball=Ball.PERSON, says="The channel accepts no stock figures."
)
class ChannelStockRefused(EventData):
    pass


@event(
    "channel.stock_flows_again",
    subject=Subject.CHANNEL,
    ball=Ball.NOBODY,
    says="The channel accepts stock figures again.",
)
class ChannelStockResumed(EventData):
    pass


@event(
    "channel.stock_rule_changed",
    subject=Subject.CHANNEL,
    ball=Ball.SYSTEM,
    says="How much the channel may sell was changed.",
)
class ChannelStockRuleChanged(EventData):
    """``scope``: the SKU or category it is about; empty: all."""

    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogImportEvent(EventData):
    """``run``: public id of the import."""

    run: str


@event(
    "channel.catalog_to_read",
    subject=Subject.CHANNEL,
    ball=Ball.INTEGRATION,
    says="The channel's catalog is to be read.",
)
class ChannelCatalogToRead(CatalogImportEvent):
    pass


@event("channel.catalog_to_compare", subject=Subject.CHANNEL, ball=Ball.SYSTEM, says="The channel's catalog was read.")
class ChannelCatalogToCompare(CatalogImportEvent):
    pass


@event(
    "channel.catalog_ready",
    subject=Subject.CHANNEL,
    ball=Ball.PERSON,
    says="The channel's catalog is ready for review.",
)
class ChannelCatalogReady(CatalogImportEvent):
    pass


@event(
    "channel.catalog_to_apply",
    subject=Subject.CHANNEL,
    ball=Ball.SYSTEM,
    says="The channel's catalog is being imported.",
)
class ChannelCatalogToApply(CatalogImportEvent):
    pass


@event("channel.catalog_applied", subject=Subject.CHANNEL, ball=Ball.NOBODY, says="The channel's catalog was imported.")
class ChannelCatalogApplied(CatalogImportEvent):
    pass


@event(
    "channel.catalog_dropped",
    subject=Subject.CHANNEL,
    ball=Ball.NOBODY,
    says="An import of the channel's catalog was dropped.",
)
class ChannelCatalogDropped(CatalogImportEvent):
    pass


@event(
    "channel.field_owners_changed",
    subject=Subject.CHANNEL,
    ball=Ball.NOBODY,
    says="Field owners of the channel's listings were changed.",
)
class ChannelFieldOwnersChanged(EventData):
    """``fields``: names of ``FieldName``."""

    fields: list[str]


@event(
    "listing.figure_changed",
    subject=Subject.LISTING,
    ball=Ball.NOBODY,
    says="The channel may sell {available} of it now.",
    public=("channel", "sku_id", "external_id", "available"),
)
class ListingFigureChanged(EventData):
    """Of channels that offer a stock feed. ``available`` is absolute; of two the one with the later time counts."""

    channel: str
    sku_id: SkuPk
    external_id: str
    available: int


def import_fact(run: CatalogImport, kind: type[CatalogImportEvent]) -> Fact:
    return channel_fact(run.channel, kind(run=run.public_id))


def listing_fact(listing: Listing, event: EventData) -> Fact:
    return Fact(event, listing.pk, listing.public_id, listing.public_id)


def system_fact(event: EventData) -> Fact:
    return Fact(event, 0, "", "")
