"""The level shown is doubted, oversold or was picked short: somebody has counted, and what was found is booked."""

from __future__ import annotations

from collections.abc import Sequence

from apps.casework.resolutions.base import Done, Effect, Params, ParamSpec, Resolution
from apps.casework.resolutions.errors import NO_LEVEL, NotResolvable
from apps.casework.resolutions.facts import Facts
from apps.casework.states import CaseType
from apps.core.actor import Actor
from apps.core.money import show
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
        promised = f", {level.reserved} of them promised to orders" if level.reserved else ""
        said = f"{level.on_hand} should be there{promised}; count those as well."
        if level.on_hand < 0:
            said = f"The ledger says {level.on_hand}, which nobody can count; enter what is there{promised}."
        return [ParamSpec("on_hand", "Units on the shelf", "count", help=said)]

    def effect(self, facts: Facts, params: Params) -> Effect:
        level = _level(facts)
        more, sku = params["on_hand"] - level.on_hand, level.sku
        # Without a known cost the price stands in: it is rarely less, so no limit is passed unseen.
        each, at = (sku.cost_minor, "at cost") if sku.cost_minor else (sku.price_minor or 0, "at its price")
        lost = max(-more, 0) * each
        worth = f", worth {show(lost, sku.currency)} {at}" if lost and sku.currency else ""
        booked = (
            f"{abs(more)} {'more are booked' if more > 0 else 'are written off'}{worth}" if more else "Nothing differs"
        )
        return Effect(
            f"{booked}; {_what_follows(facts, level, params['on_hand'])}.",
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
            raise NotResolvable(why="The level changed in this very moment; look again.")
        count = Count(level.node.code, level.sku.code, on_hand=params["on_hand"], counted=True)
        told = count_stock([count], reason=REASON, reference=facts.case.public_id, actor=actor)[0]
        if not told.ok:
            raise NotResolvable(why=told.detail)
        counted = f"{level.node.name} counted {params['on_hand']} of {level.sku.code}."
        return Done(counted, ends=_ends(facts, level, params["on_hand"]))

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return "only a count says what is there"


def _what_follows(facts: Facts, level: StockLevel, counted: int) -> str:
    if facts.case.type == CaseType.OVERSOLD and counted < level.reserved:
        return f"{level.reserved - counted} promised to orders are still missing, and the case goes on"
    if level.doubted_at is not None:
        return f"{level.node.name} gets orders for {level.sku.code} again"
    return f"orders for {level.sku.code} go by it from now on"


def _ends(facts: Facts, level: StockLevel, counted: int) -> bool:
    if facts.case.type == CaseType.SHORT_PICK:
        return facts.outlook is None
    return facts.case.type != CaseType.OVERSOLD or counted >= level.reserved
