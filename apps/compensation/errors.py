"""The refusals of compensation."""

from apps.core.errors import IllegalTransition, NotFound


class EffectNotFound(NotFound):
    code = "effect_not_found"
    message = "Nothing was set off outside for {subject}."


class EffectNotOpen(IllegalTransition):
    code = "effect_not_open"
    message = "It is {state}; only what is still to be undone can be settled by hand."
