"""What was set off outside and could not be undone from here: somebody called them, and it is undone."""

from __future__ import annotations

from collections.abc import Sequence

from apps.casework.resolutions.base import Done, Effect, Params, ParamSpec, Resolution
from apps.casework.resolutions.errors import NotResolvable
from apps.casework.resolutions.facts import Facts
from apps.casework.selectors import effect_to_undo
from apps.compensation.models import ExternalEffect
from apps.compensation.selectors import lock_effects
from apps.compensation.services import settle_by_hand
from apps.compensation.states import EffectState
from apps.core.actor import Actor
from apps.core.text import Text
from apps.fulfillment.services import cancel_fulfillment_order


def _effect(facts: Facts) -> ExternalEffect | None:
    return facts.once("effect", lambda: effect_to_undo(facts.case))


def _why_not(effect: ExternalEffect | None) -> str:
    if effect is None:
        return Text("The case is about nothing that has to be undone.")
    if effect.state == EffectState.COMPENSATED:
        return Text("It was undone meanwhile.")
    if effect.state != EffectState.STUCK:
        return Text("Undoing it is not stuck: it is {state}.", state=Text.lowered(effect.get_state_display()))
    return ""


class UndoneByHand(Resolution):
    """They say that it is undone: nothing more is tried, and what was called off ends as if they had answered us."""

    code = "undone_by_hand"
    label = "Undone by hand"

    def why_not(self, facts: Facts) -> str:
        if facts.concerned is None:
            return Text("The case is about no fulfillment order.")
        return _why_not(_effect(facts))

    def params(self, facts: Facts) -> Sequence[ParamSpec]:
        return [ParamSpec("note", Text("What was done"), "text", help=Text("in a few words, without personal data"))]

    def effect(self, facts: Facts, params: Params) -> Effect:
        row = facts.concerned
        assert row is not None
        return Effect(
            Text(
                "{name} is not asked again, and what it had counts as stopped. Only if they told you so: otherwise it may ship "
                "all the same.",
                name=row.node.name,
            ),
            currency=facts.currency,
        )

    def perform(self, facts: Facts, params: Params, actor: Actor) -> Done:
        row = facts.concerned
        assert row is not None
        # Frees stock, which is locked before the effect. What was taken away from them has ended already.
        cancel_fulfillment_order(row.pk, actor=actor)
        self._settle(facts, params["note"], actor)
        return Done(Text("Undone by hand: {note}", note=params["note"]))

    def _settle(self, facts: Facts, note: str, actor: Actor) -> None:
        effect = _effect(facts)
        assert effect is not None
        # A partner's answer takes no lock of the order: it may have come since we looked.
        [locked] = lock_effects(effect.kind, [effect.subject_ref])
        if why := _why_not(locked):
            raise NotResolvable(why=why)
        settle_by_hand(effect.kind, effect.subject_ref, note=note, actor=actor)

    def because(self, facts: Facts, effect: Effect | None) -> str:
        return Text("one call to them settles it")
