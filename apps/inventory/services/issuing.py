"""Goods that left: off their levels, and where more left than was counted, the count set right first."""

from __future__ import annotations

from collections.abc import Sequence

from apps.core.actor import Actor
from apps.core.transactions import atomic_unless_buffered
from apps.inventory.models import StockLevel
from apps.inventory.services.discrepancies import Doubt, doubt_levels
from apps.inventory.services.moving import Move, post
from apps.inventory.states import MovementKind

FOUND = "found by shipping"


@atomic_unless_buffered
def post_shipped(moves: Sequence[Move], levels: dict[int, StockLevel], *, actor: Actor) -> None:
    """Post what left. What left was there, whatever the level says: a count of less was wrong, and so is what is left of it."""
    shown = {pk: level.on_hand for pk, level in levels.items()}
    after = dict(shown)
    for move in moves:
        after[move.level_id] += move.on_hand
    found = {pk: -units for pk, units in sorted(after.items()) if units < 0}
    corrections = [Move(pk, MovementKind.ADJUST, on_hand=units, reason=FOUND) for pk, units in found.items()]
    post([*corrections, *moves], levels, actor=actor)
    doubt_levels([Doubt(levels[pk], shown[pk], found=units) for pk, units in found.items()], actor=actor)
