"""Letting a hold go beside its case, by the rules that count in the case: one table of limits, wherever somebody comes from."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from apps.accounts.caller import Caller
from apps.accounts.models import Role
from apps.casework.approvals.policies import policy_for
from apps.casework.models import ExceptionCase, ResolutionRule
from apps.casework.resolutions import limits
from apps.casework.resolutions.errors import BeyondLimits
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.limits import Verdict
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.casework.resolutions.shape import Effect, Params, Resolution
from apps.casework.states import STANDING
from apps.orders.models import Hold, Order
from apps.orders.selectors import lock_order, standing_holds
from apps.orders.services import release_hold
from apps.orders.services.validating import OWN_REASONS
from apps.orders.states import HoldReason

# Letting such a hold go is the same as this, whoever does it where.
_SAME_AS = {HoldReason.PRICE_MISMATCH: "accept_price"}


@transaction.atomic
def release_hold_within_limits(order_id: int, *, reason: str, note: str = "", caller: Caller) -> Order:
    """Take one hold away for somebody who may do so in its case as well. Raises NoSuchHold, BeyondLimits."""
    order = lock_order(order_id)
    hold = standing_holds(order_id).filter(reason=reason).first()
    refusal = refused_release(order, hold, caller) if hold is not None else None
    if refusal is not None:
        raise refusal
    return release_hold(order_id, reason=reason, note=note, actor=caller.actor)


def refused_release(order: Order, hold: Hold, caller: Caller) -> BeyondLimits | None:
    """Why the caller may not let this hold go, or None: said before the click by the words that would refuse it."""
    # What was held by hand has no case, and no finding of which something is at stake.
    if hold.reason not in OWN_REASONS:
        return None
    case = ExceptionCase.objects.filter(order=order, type=hold.reason, state__in=STANDING).first()
    facts, params = Facts(case or ExceptionCase(type=hold.reason, order=order), order), {"reason": hold.reason}
    resolution = _meant(facts, hold)
    effect, rule = resolution.effect(facts, params), _rule(resolution, caller)
    verdict = limits.judge(resolution, facts, params, effect, caller, rule)
    if verdict.allowed and not verdict.crossed:
        return None
    who = _who_may(resolution, facts, params, effect, verdict)
    return BeyondLimits(why=_sentence(resolution, case, verdict, who), case=case.public_id if case else None)


def _meant(facts: Facts, hold: Hold) -> Resolution:
    same = RESOLUTIONS.get(_SAME_AS.get(HoldReason(hold.reason), ""))
    return same if same is not None and not same.why_not(facts) else RESOLUTIONS["release_hold"]


def _rule(resolution: Resolution, caller: Caller) -> ResolutionRule | None:
    """The caller's row of the table. Machines have none: what their scope allows has no amount, but eyes it needs all the same."""
    rule = ResolutionRule.objects.filter(resolution=resolution.code, role=caller.role).first()
    if rule is None and resolution.code == "release_hold" and caller.role == Role.INTEGRATOR:
        return ResolutionRule(resolution=resolution.code, role=caller.role)
    return rule


def _who_may(resolution: Resolution, facts: Facts, params: Params, effect: Effect, verdict: Verdict) -> Collection[str]:
    """Labels of the roles that approve it, or where it can't be proposed, that do it alone."""
    policy = policy_for(resolution.approval(facts, params), effect.amount_minor) if verdict.crossed else None
    if policy is not None:
        return [Role(role).label for role in policy.roles]
    rules = ResolutionRule.objects.filter(resolution=resolution.code)
    return [Role(rule.role).label for rule in rules if not limits.crossed_limits(rule, effect, facts.currency)]


def _sentence(resolution: Resolution, case: ExceptionCase | None, verdict: Verdict, who: Collection[str]) -> str:
    why = " ".join(verdict.crossed) or verdict.why_not
    where = f"in its case {case.public_id}" if case is not None else "once its case is open again"
    names = " or ".join(who) or "an administrator"
    if verdict.crossed:
        return f"{why} Choose “{resolution.label}” {where}: {names} can approve it."
    return f"{why} “{resolution.label}” {where} is for {names} to choose."
