"""The ledger of one order, as a caller may see it."""

from __future__ import annotations

from apps.accounts.caller import Caller
from apps.orchestration.effects.ledger import EffectLedger, OrderEffect, Standing
from apps.orchestration.effects.readers import READERS
from apps.orchestration.effects.sources import sources_of
from apps.orders.models import Order

_FIRST = (Standing.STUCK, Standing.TO_COMPENSATE, Standing.ATTEMPTED, Standing.FAILED)


def read_effects(order: Order, caller: Caller) -> EffectLedger:
    """All effects of the order that the caller may see: what is still to be settled first, then the latest first."""
    sources = sources_of(order, caller)
    effects = [one for read in READERS for one in read(sources)]
    effects.sort(key=lambda one: one.attempted_at, reverse=True)
    effects.sort(key=lambda one: _FIRST.index(one.state) if one.state in _FIRST else len(_FIRST))
    return EffectLedger(effects)


def find_effect(order: Order, effect_id: str, caller: Caller) -> OrderEffect | None:
    """One effect of the order by its id; None where there is none that the caller may see."""
    return next((one for one in read_effects(order, caller).effects if one.id == effect_id), None)
