"""The life of an external effect: attempted, confirmed, and undone when it has to be.

Each verb repeated changes nothing. Those that take many subjects pass over what there is no effect on.
"""

from __future__ import annotations

from collections.abc import Collection

from django_fsm import can_proceed

from apps.compensation.errors import EffectNotFound, EffectNotOpen
from apps.compensation.events import (
    CompensationCompleted,
    CompensationGivenUp,
    CompensationStuck,
    CompensationWanted,
    effect_fact,
)
from apps.compensation.models import ExternalEffect
from apps.compensation.selectors import lock_effects
from apps.compensation.states import UNSETTLED, EffectState
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import service

STUCK_AFTER = 5


def attempt_effect(kind: str, subject_ref: str, *, stream: str) -> None:
    """Write down what is about to be set off, before it is: whoever dies in between has left word of it."""
    row = ExternalEffect(kind=kind, subject_ref=subject_ref, stream=stream)
    ExternalEffect.objects.bulk_create([row], ignore_conflicts=True)


@service
def confirm_effects(kind: str, subject_refs: Collection[str], *, actor: Actor) -> None:
    """The other side has them. That is said by an event of their own, so none is recorded here."""
    rows = [row for row in lock_effects(kind, subject_refs) if can_proceed(row.confirm)]
    for row in rows:
        row.confirm()
    update_rows(rows, ["state"])


@service
def want_compensation(kind: str, subject_ref: str, *, stream: str, actor: Actor) -> ExternalEffect:
    """It has to be undone, whether or not it came about. Undone already stays undone."""
    attempt_effect(kind, subject_ref, stream=stream)
    row = lock_effects(kind, [subject_ref])[0]
    if can_proceed(row.want_undone):
        row.want_undone()
        update_rows([row], ["state", "settled_at"])
        record(effect_fact(row, CompensationWanted(kind=kind)), actor=actor)
    return row


@service
def note_failure(kind: str, subject_ref: str, *, error: str, actor: Actor) -> ExternalEffect:
    """Undoing it failed once more; the fifth time it is stuck, and trying goes on. ``error`` holds no personal data.

    Raises EffectNotFound.
    """
    row = _locked(kind, subject_ref)
    row.attempts, row.last_error = row.attempts + 1, error[:300]
    fresh = row.attempts >= STUCK_AFTER and can_proceed(row.get_stuck)
    if fresh:
        row.get_stuck()
    update_rows([row], ["attempts", "last_error", "state"])
    if fresh:
        record(effect_fact(row, CompensationStuck(kind=kind, attempts=row.attempts)), actor=actor)
    return row


@service
def compensate_effects(kind: str, subject_refs: Collection[str], *, actor: Actor) -> None:
    """Nothing of them is left on the other side."""
    now = database_clock.now()
    rows = [row for row in lock_effects(kind, subject_refs) if can_proceed(row.compensate)]
    for row in rows:
        row.compensate(now)
    update_rows(rows, ["state", "settled_at"])
    record(*[effect_fact(row, CompensationCompleted(kind=kind)) for row in rows], actor=actor)


@service
def give_up_compensation(kind: str, subject_refs: Collection[str], *, actor: Actor) -> None:
    """They can't be undone any more, and a person has what follows from that. What was not to be undone stays as it is."""
    now = database_clock.now()
    rows = [row for row in lock_effects(kind, subject_refs) if can_proceed(row.stand)]
    for row in rows:
        row.stand(now)
    update_rows(rows, ["state", "settled_at"])
    record(*[effect_fact(row, CompensationGivenUp(kind=kind)) for row in rows], actor=actor)


@service
def settle_by_hand(kind: str, subject_ref: str, *, note: str, actor: Actor) -> ExternalEffect:
    """A person found out that it is undone. Raises EffectNotFound, EffectNotOpen."""
    row = _locked(kind, subject_ref)
    if row.state == EffectState.COMPENSATED:
        return row
    if row.state not in UNSETTLED:
        raise EffectNotOpen(state=row.get_state_display().lower())
    row.compensate(database_clock.now(), note)
    update_rows([row], ["state", "settled_at", "note"])
    record(effect_fact(row, CompensationCompleted(kind=kind, by_hand=True)), actor=actor)
    return row


def _locked(kind: str, subject_ref: str) -> ExternalEffect:
    found = lock_effects(kind, [subject_ref])
    if not found:
        raise EffectNotFound(subject=subject_ref)
    return found[0]
