"""What happens to effects that have to be undone. What was set off and confirmed, their own events say."""

from __future__ import annotations

from apps.compensation.models import ExternalEffect
from apps.compensation.states import EffectState
from apps.core.event_types import Ball, EventData, Subject, event
from apps.core.outbox import Fact

EFFECT = Subject.EFFECT


@event(
    "compensation.wanted",
    subject=EFFECT,
    enters=EffectState.TO_COMPENSATE,
    ball=Ball.INTEGRATION,
    says="An external effect is to be undone.",
)
class CompensationWanted(EventData):
    kind: str


@event(
    "compensation.stuck",
    subject=EFFECT,
    enters=EffectState.STUCK,
    ball=Ball.PERSON,
    says="Undoing failed {attempts} times; it is still tried.",
)
class CompensationStuck(EventData):
    kind: str
    attempts: int


@event(
    "compensation.completed",
    subject=EFFECT,
    enters=EffectState.COMPENSATED,
    ball=Ball.NOBODY,
    says="An external effect was undone.",
)
class CompensationCompleted(EventData):
    """``by_hand``: a person says so."""

    kind: str
    by_hand: bool = False


@event(
    "compensation.given_up",
    subject=EFFECT,
    enters=EffectState.SUCCEEDED,
    ball=Ball.PERSON,
    says="An external effect can't be undone any more.",
)
class CompensationGivenUp(EventData):
    kind: str


def effect_fact(row: ExternalEffect, event: EventData) -> Fact:
    return Fact(event, row.pk, row.subject_ref, row.stream)
