"""Choosing a resolution: done at once, done in a moment unless taken back, or proposed to somebody else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction

from apps.accounts.caller import Caller
from apps.accounts.models import Role
from apps.casework import selectors
from apps.casework.events import CaseActionChosen, CaseActionUndone, case_fact
from apps.casework.models import ApprovalRequest, CaseAction, ExceptionCase, ResolutionRule
from apps.casework.resolutions import limits
from apps.casework.resolutions.base import Effect, Params, plain
from apps.casework.resolutions.errors import ActionNotFound, ActionNotUndoable, ActionUnderWay, BeyondLimits
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.options import options_for
from apps.casework.resolutions.performing import action_event, carry_out, lock_facts, perform_or_refuse, prepare
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.casework.resolutions.usage import note_use
from apps.casework.states import STANDING, ActionState
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.transactions import service
from apps.fulfillment.selectors import lock_of_orders
from apps.orders.selectors import lock_orders

LONGEST_UNDO_S = 60
# Released by it, a hold is not placed again for the same finding.
BY_RULE = Actor("system", "auto_resolution")
# Sees what can be done regardless of who may do it.
_ANYONE = Caller(BY_RULE, frozenset(), role=Role.ADMIN)


@transaction.atomic
def choose_resolution(
    case_id: int,
    *,
    code: str,
    params: Mapping[str, Any],
    expected_version: int | None,
    undo_s: int,
    caller: Caller,
    recommended: bool = False,
    reason: str = "",
    batch: str = "",
) -> CaseAction | ApprovalRequest:
    """Do this about the case: at once where ``undo_s`` is 0, else when so many seconds are over and nobody took it back.

    Beyond the caller's limits it becomes a proposal. ``recommended``: it was the first of the list shown; ``reason``: the
    maker's words for who has to approve; ``batch``: by which it is taken back together with others. Raises CaseNotFound, CaseStale, CaseClosed, ActionUnderWay, NoSuchResolution,
    NotResolvable, WrongParameters, BeyondLimits, and what doing it refuses; then nothing has changed.
    """
    caller.require("cases:write")
    facts = lock_facts(case_id, expected_version=expected_version)
    _refuse_second(facts.case)
    resolution, read, effect = prepare(facts, code, params)
    rule = ResolutionRule.objects.filter(resolution=code, role=caller.role).first()
    verdict = limits.judge(resolution, facts, read, effect, caller, rule)
    if not verdict.allowed:
        raise BeyondLimits(why=verdict.why_not)
    if verdict.crossed:
        return resolution.propose(facts, read, effect, verdict.crossed, reason, caller)
    action = _chosen(facts, code, read, effect, caller.actor, undo_s=undo_s, recommended=recommended)
    action.batch = batch
    if undo_s:
        action.save()
        note_use(facts, code, effect, action=action, actor=caller.actor)
        record(case_fact(facts.case, action_event(action, CaseActionChosen)), actor=caller.actor)
    else:
        ends = carry_out(action, facts, resolution, read, actor=caller.actor).ends
        note_use(facts, code, effect, action=action, actor=caller.actor)
        if ends:
            return action
    _note_response(facts.case)
    return action


def _note_response(case: ExceptionCase) -> None:
    """Somebody has acted on it. Its version rises: who has it open in another window is asked to look again."""
    case.first_response_at = case.first_response_at or database_clock.now()
    update_rows([case], ["first_response_at"])


def _refuse_second(case: ExceptionCase) -> None:
    standing = CaseAction.objects.filter(case=case, state=ActionState.CHOSEN).first()
    if standing is not None:
        raise ActionUnderWay(label=RESOLUTIONS[standing.code].label, action=standing.public_id)


def _chosen(
    facts: Facts,
    code: str,
    read: Params,
    effect: Effect,
    actor: Actor,
    *,
    undo_s: int = 0,
    recommended: bool = False,
    by_rule: bool = False,
) -> CaseAction:
    """The action, not saved yet."""
    now = database_clock.now()
    return CaseAction(
        case=facts.case,
        code=code,
        params=plain(read),
        effect=effect.to_json(),
        recommended=recommended,
        by_rule=by_rule,
        actor=str(actor),
        chosen_at=now,
        due_at=now + timedelta(seconds=min(max(undo_s, 0), LONGEST_UNDO_S)),
    )


@service
def undo_action(action_ref: str, *, actor: Actor) -> CaseAction:
    """Take a chosen resolution back before it is done; twice is once. Raises ActionNotFound, ActionNotUndoable."""
    found = CaseAction.objects.filter(public_id=action_ref).values_list("case_id", flat=True).first()
    if found is None:
        raise ActionNotFound(action=action_ref)
    # The case first, as for doing it: of the two that meet, the second finds what the first did.
    case = selectors.lock_case(found)
    action = CaseAction.objects.get(public_id=action_ref)
    if action.state == ActionState.UNDONE:
        return action
    if action.state != ActionState.CHOSEN:
        raise ActionNotUndoable(state=action.get_state_display().lower())
    action.undo()
    action.save(update_fields=["state", "ended_at"])
    record(case_fact(case, action_event(action, CaseActionUndone)), actor=actor)
    return action


def resolve_by_rule(case_ids: Collection[int]) -> list[CaseAction]:
    """Apply the recommended resolution to those of the cases for which a rule says so, within its limits.

    The caller's transaction is joined. A case nobody's rule covers is left to people; so is one where doing it is refused,
    and that stands on the case.
    """
    rules = {rule.resolution: rule for rule in ResolutionRule.objects.filter(automatic=True)}
    if not rules:
        return []
    # All orders first, in the order in which everybody locks them; each case then finds its own locked.
    orders = ExceptionCase.objects.filter(pk__in=case_ids, order__isnull=False).values_list("order_id", flat=True)
    lock_of_orders(lock_orders(pk for pk in orders if pk is not None))
    done = [_by_rule(pk, rules) for pk in sorted(case_ids)]
    return [action for action in done if action is not None]


def _by_rule(case_id: int, rules: Mapping[str, ResolutionRule]) -> CaseAction | None:
    facts = lock_facts(case_id, standing=False)
    case = facts.case
    if case.state not in STANDING or CaseAction.objects.filter(case=case).exists():
        return None
    best = next((option for option in options_for(case, _ANYONE) if option.recommended), None)
    rule = rules.get(best.code) if best else None
    if best is None or best.effect is None or rule is None or not _within(rule, facts, best.effect):
        return None
    _, read, effect = prepare(facts, best.code, {})
    action = _chosen(facts, best.code, read, effect, BY_RULE, recommended=True, by_rule=True)
    done = perform_or_refuse(action, facts, by=BY_RULE, actor=BY_RULE)
    note_use(facts, best.code, effect, action=done, actor=BY_RULE)
    return done


def _within(rule: ResolutionRule, facts: Facts, effect: Effect) -> bool:
    goods = not rule.categories or facts.categories <= set(rule.categories)
    return goods and not limits.crossed_limits(
        rule, effect, facts.currency, limits.usage_before(facts, rule.resolution, effect)
    )
