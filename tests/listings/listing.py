"""Listings for tests, and the system at work on their figures."""

from __future__ import annotations

from apps.catalog.models import Sku
from apps.channels.models import Channel
from apps.inventory.models import Reservation
from apps.inventory.selectors import levels_of_skus
from apps.inventory.services import Claim, Count, count_stock, release_reservations, reserve_stock
from apps.listings.models import Listing
from apps.listings.services.change_detection import follow_settings, follow_stock
from tests.driving import work_it_off
from tests.factories import AGENT, SkuFactory


def list_sku(channel: Channel, code: str, **changes: object) -> Listing:
    """The channel sells the SKU, under the SKU's own code."""
    sku: Sku = SkuFactory(code=code)
    return Listing.objects.create(channel=channel, sku=sku, external_id=code, code=code, **changes)


def pass_on() -> None:
    """What beat does meanwhile, and all work that follows."""
    follow_stock()
    follow_settings()
    work_it_off()


def sell(code: str, units: int = 1, *, node: str = "N1") -> list[Reservation]:
    """Units are promised to an order."""
    level = levels_of_skus([Sku.objects.get(code=code).pk]).get(node__code=node)
    return reserve_stock([Claim(1, 1, level.pk, units, "ord_test")], actor=AGENT)


def take_back(rows: list[Reservation]) -> None:
    release_reservations([row.pk for row in rows], reason="cancelled", references={}, actor=AGENT)


def count(code: str, on_hand: int, *, node: str = "N1", **changes: object) -> None:
    counted = count_stock([Count(node, code, on_hand=on_hand, **changes)], reason="counted", actor=AGENT)  # type: ignore[arg-type]
    assert counted[0].ok, counted
