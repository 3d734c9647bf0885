"""Claiming stock, all or nothing per order, never more than there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_groups, take_ids
from apps.core.bulk.fast_rows import make_row
from apps.core.transactions import atomic_unless_buffered, service
from apps.inventory import selectors
from apps.inventory.errors import InsufficientStock, NotStocked
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.services.moving import Move, post
from apps.inventory.states import MovementKind


@dataclass(frozen=True, slots=True)
class Claim:
    """So many units of one level for one order line. ``backorder``: may exceed what is there, as the level allows."""

    order_id: int
    order_line_id: int
    level_id: int
    quantity: int
    reference: str
    backorder: bool = False
    counted: bool = True
    expires_at: datetime | None = None


@dataclass(slots=True)
class Claimed:
    """What became of the claims: reservations by order, and the orders that found too little, with the levels short."""

    reservations: dict[int, list[Reservation]] = field(default_factory=dict)
    lost: dict[int, list[int]] = field(default_factory=dict)


@atomic_unless_buffered
def claim_stock(claims: Sequence[Claim], *, actor: Actor) -> Claimed:
    """Reserve for many orders at once. An order gets all it claims or is named in ``lost``; the rest go through.

    Levels are locked late and in pk order, and checked only under the lock: two buyers cannot take the last unit.
    """
    levels = selectors.lock_levels(claim.level_id for claim in claims)
    free = _Free(levels)
    answer, granted = Claimed(), list[Claim]()
    ordered = sorted(claims, key=lambda claim: claim.order_id)
    for order_id, of_order in groupby(ordered, key=lambda claim: claim.order_id):
        wanted = list(of_order)
        short = free.take([claim for claim in wanted if claim.counted])
        if short:
            answer.lost[order_id] = short
        else:
            granted += wanted
    rows = _rows(granted, levels)
    for row, pk in zip(rows, take_ids(Reservation, len(rows)), strict=True):
        row.pk = pk
        answer.reservations.setdefault(row.order_id, []).append(row)
    insert_groups(rows)
    post(
        [
            Move(c.level_id, MovementKind.RESERVE, reserved=c.quantity, reference=c.reference)
            for c in granted
            if c.counted
        ],
        levels,
        actor=actor,
    )
    return answer


class _Free:
    """What the locked levels can still give while claims are granted one order after another."""

    def __init__(self, levels: Mapping[int, StockLevel]) -> None:
        self._available = {pk: level.available for pk, level in levels.items()}
        self._levels = levels

    def take(self, wanted: Sequence[Claim]) -> list[int]:
        """Take all that one order wants, repeated lines added up; or nothing, and name the levels that fell short."""
        sums: dict[int, int] = {}
        may_backorder: dict[int, bool] = {}
        for claim in wanted:
            sums[claim.level_id] = sums.get(claim.level_id, 0) + claim.quantity
            may_backorder[claim.level_id] = may_backorder.get(claim.level_id, False) or claim.backorder
        short = [pk for pk, quantity in sums.items() if not self._gives(pk, quantity, may_backorder[pk])]
        if not short:
            for pk, quantity in sums.items():
                self._available[pk] -= quantity
        return short

    def _gives(self, pk: int, quantity: int, backorder: bool) -> bool:
        level = self._levels.get(pk)
        if level is None:
            return False
        if quantity <= self._available[pk]:
            return True
        if not (backorder and level.backorderable):
            return False
        return level.backorder_limit is None or quantity <= self._available[pk] + level.backorder_limit


def _rows(granted: Iterable[Claim], levels: Mapping[int, StockLevel]) -> list[Reservation]:
    there = {pk: max(level.available, 0) for pk, level in levels.items()}
    rows = []
    for claim in granted:
        on_hand = min(there[claim.level_id], claim.quantity) if claim.counted else claim.quantity
        there[claim.level_id] -= on_hand if claim.counted else 0
        rows.append(
            make_row(
                Reservation,
                level_id=claim.level_id,
                order_id=claim.order_id,
                order_line_id=claim.order_line_id,
                quantity=claim.quantity,
                backordered=claim.quantity - on_hand,
                counted=claim.counted,
                expires_at=claim.expires_at,
            )
        )
    return rows


@service
def reserve_stock(claims: Sequence[Claim], *, actor: Actor) -> list[Reservation]:
    """Reserve for one order or refuse it. Raises NotStocked where a level is missing, InsufficientStock naming every SKU."""
    known = selectors.lock_levels(claim.level_id for claim in claims)
    for claim in claims:
        if claim.level_id not in known:
            raise NotStocked(sku=claim.level_id, node="this node")
    answer = claim_stock(claims, actor=actor)
    if answer.lost:
        short = {pk for pks in answer.lost.values() for pk in pks}
        rows = StockLevel.objects.filter(pk__in=short).select_related("sku")
        raise InsufficientStock(skus=", ".join(sorted(row.sku.code for row in rows)))
    return [row for rows_ in answer.reservations.values() for row in rows_]
