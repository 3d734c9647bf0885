"""Doing what was chosen, under the locks of the order and the case; and ending the case with it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from django.db import transaction

from apps.casework import selectors
from apps.casework.errors import CaseNotFound
from apps.casework.events import CaseActionDone, CaseActionEvent, CaseActionRefused, case_fact
from apps.casework.models import CaseAction, ExceptionCase
from apps.casework.resolutions.base import Done, Effect, Params, Resolution, plain
from apps.casework.resolutions.errors import ActionNotFound, EffectStale
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.options import refuse_unfit
from apps.casework.resolutions.params import read_params
from apps.casework.resolutions.registry import find
from apps.casework.resolutions.stale_effects import overtaken
from apps.casework.services.ending import resolve_case
from apps.casework.services.waiting import resume_cases
from apps.casework.services.working import comment_case
from apps.casework.states import STANDING, ActionState, CaseState, CaseType, holds_of
from apps.channels.selectors import lock_message
from apps.core.actor import Actor
from apps.core.context import acting_as
from apps.core.errors import DomainError
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import service
from apps.fulfillment.selectors import lock_of_orders, not_picked_at
from apps.orders.selectors import lock_order, lock_orders, standing_holds
from apps.orders.services import release_holds

# Not in the name of who settled the case: what they did about it is not a word that the check may never find it again.
SETTLED = Actor("system", "case_settled")


def lock_facts(case_id: int, *, expected_version: int | None = None, standing: bool = True) -> Facts:
    """The case with its order and that one's fulfillment orders, locked in the system's order.

    Raises CaseNotFound, CaseStale, and CaseClosed unless ``standing`` is False.
    """
    order_id = ExceptionCase.objects.filter(pk=case_id).values_list("order_id", flat=True).first()
    order = lock_order(order_id) if order_id is not None else None
    if order is not None:
        lock_of_orders([order.pk])
    else:
        _lock_what_may_move(case_id)
    lock = selectors.lock_standing_case if standing else selectors.lock_case
    return Facts(lock(case_id, expected_version=expected_version), order)


def _lock_what_may_move(case_id: int) -> None:
    """A case about a stock level is settled by moving orders that claim it, and those are locked before the case.

    So is the message a case is about: who reads it holds its lock when the case is opened or closed.
    """
    case = ExceptionCase.objects.filter(pk=case_id).first()
    if case is None:
        return
    if case.type == CaseType.MESSAGE_QUARANTINED:
        lock_message(case.subject_ref)
    level = selectors.level_of(case)
    if level is not None:
        lock_of_orders(lock_orders(row.order_id for row in not_picked_at(level)))


def prepare(facts: Facts, code: str, params: Mapping[str, Any]) -> tuple[Resolution, Params, Effect]:
    """The resolution with its parameters read and its effect computed as things stand.

    Raises NoSuchResolution, NotResolvable, WrongParameters, and what the effect refuses.
    """
    resolution = find(code, facts.case.type)
    refuse_unfit(resolution, facts)
    read = read_params(resolution.params(facts), params)
    assert read is not None
    return resolution, read, resolution.effect(facts, read)


def perform_approved(
    case_ref: str, *, code: str, params: Mapping[str, Any], chosen_by: str, actor: Actor
) -> CaseAction:
    """Do a resolution that somebody else has approved, in the transaction of the approval.

    ``chosen_by``: who proposed it, as an actor's text; ``actor``: who agreed, in whose name it is done. Raises what doing
    it refuses, CaseClosed where the cause went away.
    """
    facts = lock_facts(_pk_of(case_ref))
    resolution, read, effect = prepare(facts, code, params)
    action = CaseAction(case=facts.case, code=code, params=plain(read), effect=effect.to_json(), actor=chosen_by)
    with acting_as(actor, code):
        carry_out(action, facts, resolution, read, actor=actor)
    return action


def effect_of_case(case_ref: str, code: str, params: Mapping[str, Any]) -> Effect:
    """What it would do as things stand, in locks the caller holds. Raises what ``prepare`` does, CaseNotFound, CaseClosed."""
    return prepare(lock_facts(_pk_of(case_ref)), code, params)[2]


def _pk_of(case_ref: str) -> int:
    found = ExceptionCase.objects.filter(public_id=case_ref).values_list("pk", flat=True).first()
    if found is None:
        raise CaseNotFound(case=case_ref)
    return found


@service
def perform_action(action_id: int, *, actor: Actor) -> CaseAction:
    """Do a chosen resolution whose time to be undone is over. Done, undone or refused already: nothing happens.

    What it refuses by now is written on the action and the case, which is open again. ``actor``: who carries it out;
    what changes is recorded in the name of who chose it.
    """
    case_id = CaseAction.objects.filter(pk=action_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise ActionNotFound(action=action_id)
    # Who chooses, undoes or does an action holds the lock of its case.
    facts = lock_facts(case_id, standing=False)
    action = CaseAction.objects.get(pk=action_id)
    if action.state != ActionState.CHOSEN:
        return action
    if facts.case.state not in STANDING:
        _refuse(action, facts, Text("The case had ended by then; nothing was changed."), actor)
        return action
    return perform_or_refuse(action, facts, by=chooser(action), actor=actor)


def perform_or_refuse(action: CaseAction, facts: Facts, *, by: Actor, actor: Actor) -> CaseAction:
    """Do it in the locks the caller holds; a refusal undoes what it had begun and stands on the action and the case."""
    # As it is now: what is begun and then refused has happened to the other one only.
    untouched = copy(action)
    try:
        with transaction.atomic():
            resolution, read, effect = prepare(facts, action.code, action.params)
            if why := overtaken(action.effect, effect):
                raise EffectStale(why=why)
            with acting_as(by, action.code):
                carry_out(action, facts, resolution, read, actor=by)
    except DomainError as refusal:
        # What it had begun was done to rows of its own; the case at hand is as it was locked.
        _refuse(untouched, facts, refusal.sentence, actor)
        return untouched
    return action


def chooser(action: CaseAction) -> Actor:
    found = Actor.read(action.actor)
    assert found is not None, "an action names who chose it"
    return found


def carry_out(action: CaseAction, facts: Facts, resolution: Resolution, params: Params, *, actor: Actor) -> Done:
    """Do it in the locks the caller holds and end the case with it. Raises what doing it refuses.

    ``action`` may be new: what is done at once is written once.
    """
    done = resolution.perform(facts, params, actor)
    action.finish(done.outcome)
    action.save()
    record(case_fact(facts.case, action_event(action, CaseActionDone)), actor=actor)
    if done.ends:
        _end_holds(facts)
        resolve_case(
            facts.case.public_id,
            resolution=done.outcome,
            resolution_code=action.code,
            worked_by=action.actor,
            actor=actor,
        )
    return done


def _end_holds(facts: Facts) -> None:
    """A hold ends with its case, whoever placed it. What is wrong all the same, the check finds again."""
    if facts.order is not None:
        standing = standing_holds(facts.order.pk).filter(reason__in=holds_of(facts.case.type))
        release_holds(facts.order, list(standing), note=Text("its case was settled"), actor=SETTLED)


def _refuse(action: CaseAction, facts: Facts, why: str, actor: Actor) -> None:
    case = facts.case
    action.refuse(why)
    action.save()
    record(case_fact(case, action_event(action, CaseActionRefused)), actor=actor)
    if case.state not in STANDING:
        return
    if case.state == CaseState.WAITING:
        resume_cases([case.pk], actor=actor)
    label = find(action.code, case.type).label
    comment_case(case.pk, body=Text("“{label}” could not be done: {why}", label=label, why=why), actor=actor)


def action_event(action: CaseAction, kind: type[CaseActionEvent]) -> CaseActionEvent:
    """What events say of an action."""
    return kind(action=action.pk, ref=action.public_id, code=action.code, by_rule=action.by_rule)
