"""Catalogs of shops: read, compared with what is here, applied once somebody has looked."""

from __future__ import annotations

from collections.abc import Sequence

from apps.channels.errors import ShopBusy
from apps.core.actor import Actor
from apps.listings.events import ChannelCatalogToApply, ChannelCatalogToCompare, ChannelCatalogToRead
from apps.listings.services import catalog_reading
from apps.listings.services.catalog_applying import apply_lot
from apps.listings.services.catalog_comparing import compare_lot
from apps.orchestration.step import DueOf, TryLater

READ_ATTEMPTS = 50


def read_catalog(dues: Sequence[DueOf[ChannelCatalogToRead]], actor: Actor) -> None:
    """Read the next pages of a shop's catalog."""
    for due in dues:
        try:
            catalog_reading.read_catalog(due.event.run, actor=actor)
        except ShopBusy as busy:
            raise TryLater(busy.until, str(busy)) from None


def compare_catalog(dues: Sequence[DueOf[ChannelCatalogToCompare]], actor: Actor) -> None:
    """Compare the next rows with what is here."""
    for due in dues:
        compare_lot(due.event.run, actor=actor)


def apply_catalog(dues: Sequence[DueOf[ChannelCatalogToApply]], actor: Actor) -> None:
    """Apply the next rows."""
    for due in dues:
        apply_lot(due.event.run, actor=actor)
