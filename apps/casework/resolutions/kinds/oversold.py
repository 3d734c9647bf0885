"""More was promised of a SKU at a node than is there: the newest promises move to other nodes."""

from __future__ import annotations

from dataclasses import dataclass

from apps.casework.resolutions.base import Done, Effect, Params, Resolution
from apps.casework.resolutions.errors import NO_LEVEL, NotResolvable
from apps.casework.resolutions.facts import Facts
from apps.core.actor import Actor
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.selectors import not_picked_at
from apps.fulfillment.services import reject_fulfillment_order
from apps.fulfillment.states import RejectReason
from apps.inventory.models import StockLevel

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Move:
    """Which fulfillment orders go elsewhere, and how many units of the SKU that frees."""

    level: StockLevel
    rows: list[FulfillmentOrder]
    units: int

    @property
    def short(self) -> int:
        return self.level.reserved - self.level.on_hand


def _move(facts: Facts) -> _Move | None:
    return facts.once("move", lambda: _plan(facts.level))


def _plan(level: StockLevel | None) -> _Move | None:
    if level is None:
        return None
    chosen: list[FulfillmentOrder] = []
    units = 0
    for row in not_picked_at(level):
        if units >= level.reserved - level.on_hand:
            break
        chosen.append(row)
        units += sum(line.quantity for line in row.lines.all() if line.sku_id == level.sku_id)
    return _Move(level, chosen, units)


class MoveOrders(Resolution):
    """Take the newest orders from a node that promised too much and route them elsewhere."""

    code = "move_orders"
    label = "Route the newest orders elsewhere"

    def why_not(self, facts: Facts) -> str:
        move = _move(facts)
        if move is None:
            return NO_LEVEL
        if move.short <= 0:
            return "There is enough again; nothing has to move."
        if move.level.reserved <= 0:
            return f"Nobody waits for it any more, yet {move.level.node.name} counts {move.level.on_hand}: have it counted."
        return (
            "" if move.rows else f"All that {move.level.node.name} promised of it is picked already; have it counted."
        )

    def effect(self, facts: Facts, params: Params) -> Effect:
        move = _move(facts)
        assert move is not None
        numbers = ", ".join(row.order.number for row in move.rows[:MOST_NAMED])
        more = f" and {len(move.rows) - MOST_NAMED} more" if len(move.rows) > MOST_NAMED else ""
        missing = move.short - move.units
        left = f" {_units(missing)} stay{'s' if missing == 1 else ''} uncovered." if missing > 0 else ""
        orders = "The newest order is" if len(move.rows) == 1 else f"The {len(move.rows)} newest orders are"
        return Effect(
            f"{orders} taken from {move.level.node.name} before anybody picks them ({_units(move.units)}) and routed elsewhere: "
            f"{numbers}{more}.{left}",
            currency=facts.currency or move.level.sku.currency,
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        move = _move(facts)
        if move is None or not move.rows:
            raise NotResolvable(why="Nothing can be moved any more.")
        for row in sorted(move.rows, key=lambda row: row.pk):
            reject_fulfillment_order(row.pk, reason=RejectReason.OTHER, note="oversold here", actor=actor)
        count = len(move.rows)
        said = f"{count} order{' was' if count == 1 else 's were'} routed elsewhere ({_units(move.units)})."
        return Done(said, ends=move.units >= move.short)

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return "what nobody has picked yet can still come from elsewhere in time"


def _units(count: int) -> str:
    return f"{count} unit{'' if count == 1 else 's'}"
