"""Binding stock that arrived to the backorders waiting for it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from apps.core.bulk.bulk_update import update_rows
from apps.inventory import selectors
from apps.inventory.models import Reservation


@transaction.atomic
def fill_backorders(level_ids: Iterable[int]) -> list[int]:
    """First come first served: answers the pks of the claims that now have all their stock."""
    locked = selectors.lock_levels(level_ids)
    levels = {pk: level for pk, level in locked.items() if level.doubted_at is None}
    rows = Reservation.objects.select_for_update(no_key=True).filter(
        level_id__in=levels, state__in=selectors.LIVE, backordered__gt=0
    )
    waiting = list(rows.order_by("pk"))
    # Claims with stock come before those without; what is left of on hand goes to the oldest backorder.
    left = {pk: level.on_hand - level.safety_stock - level.reserved for pk, level in levels.items()}
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
