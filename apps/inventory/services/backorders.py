"""Which claims have their stock and which wait for it: a level covers no more of its claims than it has."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import F, Q

from apps.core.bulk.bulk_update import update_rows
from apps.inventory import selectors
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.states import ReservationState

_WAITING, _COVERED = Q(backordered__gt=0), Q(backordered__lt=F("quantity"))


@transaction.atomic
def fill_backorders(level_ids: Iterable[int]) -> list[int]:
    """First come first served: returns the pks of the claims that now have all their stock.

    A backorder never takes from the safety stock. A claim that was covered and lost its stock to a count gets it back, from
    there too: that is what safety stock is for.
    """
    locked = selectors.lock_levels(level_ids)
    levels = {pk: level for pk, level in locked.items() if level.doubted_at is None}
    waiting = _lock_claims(levels, _WAITING)
    # Claims with stock come before those without; what is left of on hand goes to the oldest backorder.
    left = {pk: level.on_hand - _kept_back(level) - level.reserved for pk, level in levels.items()}
    for row in waiting:
        left[row.level_id] += row.backordered
    changed, filled = [], []
    for row in waiting:
        units = min(max(left[row.level_id], 0), row.backordered)
        if units:
            left[row.level_id] -= units
            row.backordered -= units
            changed.append(row)
            if row.backordered == 0:
                filled.append(row.pk)
    update_rows(changed, ["backordered"])
    return filled


def _kept_back(level: StockLevel) -> int:
    return level.safety_stock if level.backorderable else 0


def uncover_claims(levels: Iterable[StockLevel]) -> set[int]:
    """Of these levels, locked: take from the newest claims the stock that is not there. Returns the levels where some lost it.

    The units stay promised and wait for stock, as backorders do.
    """
    # All claims together are no fewer than those that are covered, so nothing is asked where even they have their stock.
    missing = {level.pk: -level.on_hand for level in levels if level.on_hand < level.reserved}
    if not missing:
        return set()
    claims = _lock_claims(missing, _COVERED)
    for row in claims:
        missing[row.level_id] += row.quantity - row.backordered
    changed = []
    for row in _newest_first(claims):
        units = min(missing[row.level_id], row.quantity - row.backordered)
        if units > 0:
            missing[row.level_id] -= units
            row.backordered += units
            changed.append(row)
    update_rows(changed, ["backordered"])
    return {row.level_id for row in changed}


@transaction.atomic
def cover_first(level_ids: Iterable[int], reservation_ids: Collection[int]) -> None:
    """Of these levels: these claims have stock before all others, the newest of which give theirs up for it."""
    claims = _lock_claims(selectors.lock_levels(level_ids), Q())
    changed = set()
    for row in (one for one in claims if one.pk in reservation_ids):
        others = [one for one in claims if one.level_id == row.level_id and one.pk not in reservation_ids]
        for giver in _newest_first(others):
            units = min(row.backordered, giver.quantity - giver.backordered)
            if units:
                row.backordered -= units
                giver.backordered += units
                changed |= {row, giver}
    update_rows(sorted(changed, key=lambda row: row.pk), ["backordered"])


def _lock_claims(level_ids: Iterable[int], having: Q) -> list[Reservation]:
    """The live claims on these levels, which the caller has locked."""
    rows = Reservation.objects.select_for_update(no_key=True).filter(
        having, level_id__in=list(level_ids), state__in=selectors.LIVE, counted=True
    )
    return list(rows.order_by("pk"))


def _newest_first(claims: Iterable[Reservation]) -> list[Reservation]:
    """What no node has been sent before what is in work."""
    return sorted(claims, key=lambda row: (row.state == ReservationState.RESERVED, row.pk), reverse=True)
