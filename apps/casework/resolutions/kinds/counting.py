"""The level shown is doubted, oversold or was picked short: somebody has counted, and what was found is booked."""

from __future__ import annotations

from collections.abc import Sequence

from apps.casework.resolutions.base import Done, Effect, Params, ParamSpec, Resolution
from apps.casework.resolutions.errors import NO_LEVEL, NotResolvable
from apps.casework.resolutions.facts import Facts
from apps.casework.states import CaseType
from apps.catalog.models import Sku
from apps.core.actor import Actor
from apps.core.money import show
from apps.core.text import Text
from apps.inventory.models import StockLevel
from apps.inventory.selectors import lock_levels
from apps.inventory.services import Count, count_stock

REASON = "counted for a case"


def _level(facts: Facts) -> StockLevel:
    level = facts.shelf
    if level is None:
        raise NotResolvable(why=NO_LEVEL)
    return level


class CountLevel(Resolution):
    """Book what somebody has counted on the shelf."""

    code = "count_level"
    label = "Book what was counted"

    def why_not(self, facts: Facts) -> str:
        return "" if facts.shelf else NO_LEVEL

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        level = _level(facts)
        promised = Text(", {count} of them promised to orders", count=level.reserved) if level.reserved else ""
        said = Text("{count} should be there{promised}; count those as well.", count=level.on_hand, promised=promised)
        return [ParamSpec("on_hand", Text("Units on the shelf"), "count", help=said)]

    def effect(self, facts: Facts, params: Params) -> Effect:
        level = _level(facts)
        more, sku = params["on_hand"] - level.on_hand, level.sku
        # Without a known cost the price stands in: it is rarely less, so no limit is passed unseen.
        each = sku.cost_minor or sku.price_minor or 0
        lost = max(-more, 0) * each
        follows = _what_follows(facts, level, params["on_hand"])
        return Effect(
            Text("{booked}; {follows}.", booked=_booked(more, lost, sku), follows=follows),
            cost_minor=lost,
            margin_minor=-lost if each else None,
            # The cost is in the currency of the goods, whatever the case is about.
            currency=sku.currency or facts.currency,
            cost_unknown=more < 0 and not each,
            rests_on={"on_hand": level.on_hand},
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        level = _level(facts)
        # Under its lock: goods that arrive or leave in this moment change what is written off.
        if lock_levels([level.pk])[level.pk].on_hand != level.on_hand:
            raise NotResolvable(why=Text("The level changed in this very moment; look again."))
        count = Count(level.node.code, level.sku.code, on_hand=params["on_hand"], counted=True)
        outcome = count_stock([count], reason=REASON, reference=facts.case.public_id, actor=actor)[0]
        if not outcome.ok:
            raise NotResolvable(why=outcome.detail)
        counted = Text(
            "{name} counted {count} of {sku}.", name=level.node.name, count=params["on_hand"], sku=level.sku.code
        )
        return Done(counted, ends=_ends(facts, level, params["on_hand"]))

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("only a count says what is there")


def _booked(more: int, lost: int, sku: Sku) -> str:
    """``lost`` in minor units of the SKU, at its cost or else its price."""
    if not more:
        return Text("Nothing differs")
    if more > 0:
        return Text("{count} more are booked", count=more)
    if not lost or not sku.currency:
        return Text("{count} are written off", count=-more)
    worth = show(lost, sku.currency)
    if sku.cost_minor:
        return Text("{count} are written off, worth {worth} at cost", count=-more, worth=worth)
    return Text("{count} are written off, worth {worth} at its price", count=-more, worth=worth)


def _what_follows(facts: Facts, level: StockLevel, counted: int) -> str:
    if facts.case.type == CaseType.OVERSOLD and counted < level.reserved:
        missing = level.reserved - counted
        return Text("{count} promised to orders are still missing, and the case goes on", count=missing)
    if level.doubted_at is not None:
        return Text("{name} gets orders for {sku} again", name=level.node.name, sku=level.sku.code)
    return Text("orders for {sku} go by it from now on", sku=level.sku.code)


def _ends(facts: Facts, level: StockLevel, counted: int) -> bool:
    if facts.case.type == CaseType.SHORT_PICK:
        return facts.planning_inputs is None
    return facts.case.type != CaseType.OVERSOLD or counted >= level.reserved
