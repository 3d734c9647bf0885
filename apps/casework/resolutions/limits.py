"""Who may do what, and how far: the rules an operations user edits, held against a computed effect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apps.accounts.caller import Caller
from apps.accounts.models import Role
from apps.casework.approvals.policies import policy_for
from apps.casework.models import ResolutionRule
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.shape import Effect, Params, Resolution
from apps.core.brief import remembered
from apps.core.money import show

ALWAYS = "This always needs another's agreement."


@dataclass(frozen=True, slots=True)
class Verdict:
    """``why_not`` empty: may do it. ``crossed`` names the limits, in words, that make it a proposal for somebody else."""

    why_not: str = ""
    crossed: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        return not self.why_not


def rules_of(role: str) -> dict[str, ResolutionRule]:
    """What a role may do, by resolution."""
    rows = ResolutionRule.objects.filter(role=role)
    return remembered("limits", role, lambda: {rule.resolution: rule for rule in rows})


def judge(
    resolution: Resolution,
    facts: Facts,
    params: Params,
    effect: Effect | None,
    caller: Caller,
    rule: ResolutionRule | None,
) -> Verdict:
    """Whether this caller may do it: by itself, as a proposal, or not at all."""
    if rule is None:
        if caller.role == Role.ADMIN:
            return Verdict()
        role = dict(Role.choices).get(caller.role, "who calls")
        return Verdict(f"Your role ({role}) may not do this; ask someone who may.")
    said = _outside(rule, facts, params, caller)
    if said:
        return Verdict(said)
    crossed = tuple(crossed_limits(rule, effect, facts.currency)) if effect else ()
    if not crossed and not resolution.four_eyes(facts, params):
        return Verdict()
    if policy_for(resolution.approval(facts, params), effect.amount_minor if effect else 0) is not None:
        return Verdict(crossed=crossed or (ALWAYS,))
    return Verdict(f"{' '.join(crossed)} Nobody is set up to approve it." if crossed else "")


def _outside(rule: ResolutionRule, facts: Facts, params: Params, caller: Caller) -> str:
    """What a proposal can't mend either: other goods, another's store."""
    if rule.categories and not facts.categories <= set(rule.categories):
        others = ", ".join(sorted(facts.categories - set(rule.categories))) or "none"
        return f"Your role may do this for {', '.join(rule.categories)} only; this order has {others}."
    if rule.own_nodes_only and not all(caller.may_node(node) for node in _nodes(facts, params)):
        return "Your role may do this for your own nodes only."
    return ""


def _nodes(facts: Facts, params: Params) -> Iterable[str]:
    return [node for node in (facts.node, params.get("node")) if node]


def crossed_limits(rule: ResolutionRule, effect: Effect, currency: str) -> list[str]:
    """The limits of the rule that the effect goes beyond, each as a sentence."""
    said = []
    money = effect.currency or currency
    if rule.most_minor is not None and effect.amount_minor > rule.most_minor:
        said.append(f"{show(effect.amount_minor, money)} is over the limit of {show(rule.most_minor, money)}.")
    lost = -(effect.margin_minor or 0)
    most = rule.most_margin_loss_minor
    if most is not None and lost > most:
        said.append(f"It costs {show(lost, money)} of margin; the limit is {show(most, money)}.")
    return said
