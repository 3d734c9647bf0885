"""What is done to an order beside its case, by the rules that count in the case: one table of limits for every entry point."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

from django.db import transaction

from apps.accounts.caller import Caller
from apps.accounts.models import Role
from apps.casework.approvals.policies import policy_for
from apps.casework.approvals.proposing import propose
from apps.casework.approvals.registry import version_of
from apps.casework.models import ApprovalRequest, ExceptionCase, ResolutionRule
from apps.casework.resolutions import limits
from apps.casework.resolutions.base import Effect, Params, Resolution
from apps.casework.resolutions.errors import BeyondLimits
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.limits import Verdict
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.casework.resolutions.usage import note_use
from apps.casework.states import STANDING
from apps.core.actor import Actor
from apps.core.errors import StaleVersion
from apps.core.text import Text
from apps.fulfillment.selectors import lock_of_orders
from apps.fulfillment.services import call_off_order
from apps.orders.models import Order
from apps.orders.selectors import lock_order
from apps.orders.services import amend_order, release_hold
from apps.orders.states import HoldReason, OrderState

PROMISE = ("ship_by", "deliver_by")


@dataclass(frozen=True, slots=True)
class _Verb:
    """``do`` is the service; ``done_already``: a repeat changes nothing and needs no limit."""

    do: Callable[[Order, Params, Actor], Order]
    done_already: Callable[[Order, Params], bool]


def _cancel(order: Order, params: Params, actor: Actor) -> Order:
    return call_off_order(order.pk, reason=params["reason"], actor=actor)


def _is_cancelled(order: Order, params: Params) -> bool:
    return order.state == OrderState.CANCELLED or order.rest_cancelled_at is not None


def _release(order: Order, params: Params, actor: Actor) -> Order:
    return release_hold(order.pk, reason=params["reason"], note=params.get("note", ""), actor=actor)


def _amend(order: Order, params: Params, actor: Actor) -> Order:
    return amend_order(order.pk, changes=params["changes"], actor=actor)


def _same_promise(order: Order, params: Params) -> bool:
    return all(params["changes"].get(name, getattr(order, name)) == getattr(order, name) for name in PROMISE)


_VERBS: dict[str, _Verb] = {
    "cancel_order": _Verb(_cancel, _is_cancelled),
    "release_hold": _Verb(_release, lambda order, params: False),
    # On the page of an order a price is accepted by letting its hold go.
    "accept_price": _Verb(_release, lambda order, params: False),
    "change_promise": _Verb(_amend, _same_promise),
}


@transaction.atomic
def do_to_order(
    order_id: int,
    *,
    code: str,
    params: Mapping[str, Any],
    expected_version: int | None = None,
    reason: str = "",
    caller: Caller,
) -> Order | ApprovalRequest:
    """Do it for somebody who may do so in a case as well; beyond their limits it becomes a proposal.

    ``reason``: the maker's words for who has to approve. Raises BeyondLimits, StaleVersion, and what the service and
    ``propose`` refuse; then nothing has changed.
    """
    order, verb = lock_order(order_id), _VERBS[code]
    lock_of_orders([order_id])
    if expected_version is not None and order.version != expected_version:
        raise StaleVersion(current=order.version)
    if verb.done_already(order, params):
        return verb.do(order, params, caller.actor)
    looked = _look(order, code, params, caller)
    if looked.refusal is not None:
        raise looked.refusal
    if looked.verdict.crossed:
        _try_out(lambda: verb.do(order, params, caller.actor))
        return _propose(looked, params, reason, caller)
    done = verb.do(order, params, caller.actor)
    note_use(looked.facts, code, looked.effect, actor=caller.actor)
    return done


class _TriedOut(Exception):
    """It could be done; nothing of it stays."""


def _try_out(do: Callable[[], object]) -> None:
    """Raises what doing it refuses, and leaves everything as it was: what nobody can do, nobody has to approve."""
    try:
        with transaction.atomic():
            do()
            raise _TriedOut
    except _TriedOut:
        return


def perform_on_order(order: Order, payload: Mapping[str, Any], *, actor: Actor) -> None:
    """Do what a proposal made beside a case says. Raises what the service refuses."""
    _VERBS[payload["code"]].do(order, _read_back(payload["params"]), actor)


def effect_on_order(order: Order, payload: Mapping[str, Any]) -> Effect:
    """What it would do now, to be held against what the proposal says."""
    params = _read_back(payload["params"])
    return RESOLUTIONS[payload["code"]].effect(_facts(order, payload["code"], params), params)


@dataclass(frozen=True, slots=True)
class ActionPreview:
    """What pressing the button would lead to. ``why_not``: it is locked, and why; ``needs``: it becomes a proposal, and why."""

    why_not: str = ""
    needs: str = ""


def foresee(order: Order, code: str, params: Mapping[str, Any], caller: Caller) -> ActionPreview:
    """Said before the click by the words that would refuse it or propose it. Changes nothing."""
    looked = _look(order, code, params, caller)
    if looked.refusal is not None:
        return ActionPreview(why_not=looked.refusal.details["why"])
    if not looked.verdict.crossed:
        return ActionPreview()
    approved = Text("{who} can approve it.", who=_deciders(looked))
    return ActionPreview(needs=Text.joined(" ", [*looked.verdict.crossed, approved]))


@dataclass(frozen=True, slots=True)
class _Looked:
    facts: Facts
    resolution: Resolution
    effect: Effect
    verdict: Verdict
    kind: str
    refusal: BeyondLimits | None


def _look(order: Order, code: str, params: Params, caller: Caller) -> _Looked:
    facts, resolution = _facts(order, code, params), RESOLUTIONS[code]
    effect = resolution.effect(facts, params)
    verdict = limits.judge(resolution, facts, params, effect, caller, limits.rule_for(code, caller.role))
    looked = _Looked(facts, resolution, effect, verdict, resolution.approval(facts, params), None)
    if verdict.allowed:
        return looked
    case = facts.case.public_id if facts.case.pk else None
    chooses = Text("“{what}” is for {who} to choose.", what=Text(resolution.label), who=_alone(looked))
    refusal = BeyondLimits(why=Text.joined(" ", [verdict.why_not, chooses]), case=case)
    return _Looked(facts, resolution, effect, verdict, looked.kind, refusal)


def _facts(order: Order, code: str, params: Params) -> Facts:
    """The facts of the case it settles: that of the hold, or the first that stands; without one, of what it would be about."""
    standing = ExceptionCase.objects.filter(order=order, state__in=STANDING).order_by("pk")
    kind = params.get("reason") if code in ("release_hold", "accept_price") else None
    case = standing.filter(type=kind).first() if kind else standing.first()
    return Facts(case or ExceptionCase(type=kind or "", order=order, subject_ref=order.public_id), order)


def meant_by_release(order: Order, reason: str) -> str:
    """Letting a hold for the price go is accepting the price, whoever does it where."""
    if reason != HoldReason.PRICE_MISMATCH:
        return "release_hold"
    facts = _facts(order, "accept_price", {"reason": reason})
    return "release_hold" if RESOLUTIONS["accept_price"].why_not(facts) else "accept_price"


def _deciders(looked: _Looked) -> Text:
    policy = policy_for(looked.kind, looked.effect.amount_minor, looked.effect.currency or looked.facts.currency)
    return _roles(policy.roles if policy else ())


def _alone(looked: _Looked) -> Text:
    """Who may do it without asking anybody."""
    rules = ResolutionRule.objects.filter(resolution=looked.resolution.code).exclude(role=Role.INTEGRATOR)
    money = looked.effect.currency or looked.facts.currency
    return _roles([rule.role for rule in rules if not limits.crossed_limits(rule, looked.effect, money)])


def _roles(codes: Collection[str]) -> Text:
    said = [Text(str(Role(code).label)) for code in codes] or [Text("an administrator")]
    return reduce(lambda some, one: Text("{some} or {one}", some=some, one=one), said)


def _propose(looked: _Looked, params: Params, reason: str, caller: Caller) -> ApprovalRequest:
    facts, effect = looked.facts, looked.effect
    order, case = facts.the_order, facts.case if facts.case.pk else None
    return propose(
        kind=looked.kind,
        target_ref=order.public_id,
        target_version=version_of(order.public_id) or 0,
        payload={"order": order.public_id, "code": looked.resolution.code, "params": _plain(params)},
        before={"problem": case.sentence if case else f"Order {order.number}"},
        after={"resolution": looked.resolution.label, "effect": effect.sentence},
        effect=effect.to_json(),
        reason=reason or f"{looked.resolution.label}: {effect.sentence}",
        limits=looked.verdict.crossed,
        amount_minor=effect.amount_minor,
        currency=effect.currency or facts.currency,
        node=facts.node,
        case_id=case.pk if case else None,
        order_id=order.pk,
        actor=caller.actor,
    )


def _plain(params: Params) -> dict[str, Any]:
    """Parameters as JSON keeps them; only a promise has values that are no text."""
    if "changes" not in params:
        return dict(params)
    moments = {name: value.isoformat() for name, value in params["changes"].items() if isinstance(value, datetime)}
    return {**params, "changes": {**params["changes"], **moments}}


def _read_back(params: Mapping[str, Any]) -> Params:
    if "changes" not in params:
        return params
    changes = params["changes"]
    moments = {name: datetime.fromisoformat(changes[name]) for name in PROMISE if changes.get(name)}
    return {**params, "changes": {**changes, **moments}}
