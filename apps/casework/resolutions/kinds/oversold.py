"""More was promised of a SKU at a node than is there: the newest promises move to other nodes."""

from __future__ import annotations

from dataclasses import dataclass

from apps.casework.resolutions.base import Done, Effect, Params, Resolution
from apps.casework.resolutions.errors import NO_LEVEL, NotResolvable
from apps.casework.resolutions.facts import Facts
from apps.core.actor import Actor
from apps.core.text import Text
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
            return Text("There is enough again; nothing has to move.")
        if not move.rows:
            return Text("All that {name} promised of it is picked already; have it counted.", name=move.level.node.name)
        return ""

    def effect(self, facts: Facts, params: Params) -> Effect:
        move = _move(facts)
        assert move is not None
        numbers = ", ".join(row.order.number for row in move.rows[:MOST_NAMED])
        if len(move.rows) > MOST_NAMED:
            numbers = Text("{numbers} and {count} more", numbers=numbers, count=len(move.rows) - MOST_NAMED)
        missing = move.short - move.units
        moved = Text.counted(
            "The newest order is taken from {name} before anybody picks them ({units}) and routed elsewhere: {numbers}.",
            "The {count} newest orders are taken from {name} before anybody picks them ({units}) and routed elsewhere: {numbers}.",
            len(move.rows),
            name=move.level.node.name,
            units=_units(move.units),
            numbers=numbers,
        )
        left = Text.counted("{count} unit stays uncovered.", "{count} units stay uncovered.", missing)
        return Effect(
            Text.joined(" ", [moved, left if missing > 0 else ""]),
            currency=facts.currency or move.level.sku.currency,
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        move = _move(facts)
        if move is None or not move.rows:
            raise NotResolvable(why=Text("Nothing can be moved any more."))
        for row in sorted(move.rows, key=lambda row: row.pk):
            reject_fulfillment_order(row.pk, reason=RejectReason.OTHER, note=Text("oversold here"), actor=actor)
        said = Text.counted(
            "{count} order was routed elsewhere ({units}).",
            "{count} orders were routed elsewhere ({units}).",
            len(move.rows),
            units=_units(move.units),
        )
        return Done(said, ends=move.units >= move.short)

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("what nobody has picked yet can still come from elsewhere in time")


def _units(count: int) -> str:
    return Text.counted("{count} unit", "{count} units", count)
