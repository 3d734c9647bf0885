"""Who may do what, and how far: the rules an operations user edits, held against a computed effect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apps.accounts.caller import Caller
from apps.accounts.models import Role
from apps.casework.approvals.policies import policy_for
from apps.casework.builtin_rules import resolution_limits
from apps.casework.models import ResolutionRule
from apps.casework.resolutions.base import Effect, Params, Resolution
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.usage import Usage, family_of, usage_of
from apps.core.money import MoneyText, of_hundredths, show
from apps.core.process_cache import get_or_load
from apps.core.text import Text

NOTHING = Usage()
ALWAYS = Text("This always needs another's agreement.")


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
    return get_or_load("limits", role, lambda: {rule.resolution: rule for rule in rows})


def rule_for(code: str, role: str) -> ResolutionRule | None:
    """The role's row as it stands; the built-in one where nobody ever set or removed it, as before a new version is set up."""
    row = ResolutionRule.objects.filter(resolution=code, role=role).first()
    usual = resolution_limits().get((code, role))
    if row is not None or usual is None or ResolutionRule.history.filter(resolution=code, role=role).exists():
        return row
    most, margin, own_only = usual
    return ResolutionRule(
        resolution=code, role=role, most_minor=most, most_margin_loss_minor=margin, own_nodes_only=own_only
    )


def judge(
    resolution: Resolution,
    facts: Facts,
    params: Params,
    effect: Effect | None,
    caller: Caller,
    rule: ResolutionRule | None,
    *,
    already: Usage | None = None,
) -> Verdict:
    """Whether this caller may do it: without approval, as a proposal, or not at all. ``already``: what counts beside it; None: what its
    order, case or level has had."""
    if rule is None:
        if caller.role == Role.ADMIN:
            return Verdict()
        role = Text(Role(caller.role).label) if caller.role in Role else Text("who calls")
        return Verdict(Text("Your role ({role}) may not do this; ask someone who may.", role=role))
    reasons = _outside(rule, facts, params, caller)
    if reasons:
        return Verdict(reasons)
    money = (effect.currency if effect else "") or facts.currency
    already = usage_before(facts, resolution.code, effect) if already is None else already
    crossed = tuple(crossed_limits(rule, effect, money, already)) if effect else ()
    if not crossed and not resolution.four_eyes(facts, params):
        return Verdict()
    if policy_for(resolution.approval(facts, params), effect.amount_minor if effect else 0, money) is not None:
        return Verdict(crossed=crossed or (ALWAYS,))
    return Verdict(Text.joined(" ", [*crossed, Text("Nobody is set up to approve it.")]) if crossed else "")


def usage_before(facts: Facts, code: str, effect: Effect | None) -> Usage:
    """What the order, case or level has had of this in the window, looked up only where the effect costs anything."""
    if effect is None or not (effect.amount_minor or effect.margin_loss_minor):
        return NOTHING
    currency = effect.currency or facts.currency
    return facts.once(f"usage of {family_of(code)}", lambda: usage_of(facts.subject, code, currency))


def _outside(rule: ResolutionRule, facts: Facts, params: Params, caller: Caller) -> str:
    """What a proposal can't mend either: other goods, another's store."""
    if rule.categories and not facts.categories <= set(rule.categories):
        return Text(
            "Your role may do this for {categories} only; this order has {others}.",
            categories=", ".join(rule.categories),
            others=", ".join(sorted(facts.categories - set(rule.categories))),
        )
    if rule.own_nodes_only and not all(caller.may_node(node) for node in _nodes(facts, params)):
        return Text("Your role may do this for your own locations only.")
    return ""


def _nodes(facts: Facts, params: Params) -> Iterable[str]:
    return [node for node in (facts.node, params.get("node")) if node]


def crossed_limits(rule: ResolutionRule, effect: Effect, currency: str, already: Usage = NOTHING) -> list[str]:
    """The limits of the rule that the effect goes beyond, together with what there has been ``already``, as sentences."""
    money = effect.currency or currency
    amount = _Measured(effect.amount_minor, already.amount_minor, _limit(rule.most_minor, money), money)
    margin = _Measured(
        effect.margin_loss_minor, already.margin_loss_minor, _limit(rule.most_margin_loss_minor, money), money
    )
    reasons: list[str] = []
    if amount.is_over:
        reasons.append(_amount_over(amount, already.hours))
    if margin.is_over:
        reasons.append(_margin_over(margin, already.hours))
    if effect.cost_unknown and not reasons and _depends_on_cost(rule, effect):
        reasons.append(Text("What it costs us is not known, so no limit can be held against it."))
    return reasons


@dataclass(frozen=True, slots=True)
class _Measured:
    """An amount with what went before, against a limit (None: there is none); minor units."""

    amount: int
    before: int
    most: int | None
    currency: str

    @property
    def is_over(self) -> bool:
        # What costs nothing is free, whatever there was before.
        return self.most is not None and self.amount > 0 and self.amount + self.before > self.most

    @property
    def shown(self) -> dict[str, MoneyText]:
        """As money: ``amount``, ``limit`` and, where there was any, what went ``before``."""
        reasons = {"amount": show(self.amount, self.currency), "limit": show(self.most or 0, self.currency)}
        return {**reasons, "before": show(self.before, self.currency)} if self.before else reasons


def _amount_over(amount: _Measured, hours: int) -> Text:
    if not amount.before:
        return Text("{amount} is over the limit of {limit}.", **amount.shown)
    return Text(
        "{amount}, with {before} in the last {hours} hours, is over the limit of {limit}.", hours=hours, **amount.shown
    )


def _margin_over(margin: _Measured, hours: int) -> Text:
    if not margin.before:
        return Text("It costs {amount} of margin; the limit is {limit}.", **margin.shown)
    return Text(
        "It costs {amount} of margin, with {before} in the last {hours} hours; the limit is {limit}.",
        hours=hours,
        **margin.shown,
    )


def _limit(hundredths: int | None, currency: str) -> int | None:
    return None if hundredths is None else of_hundredths(hundredths, currency)


def _depends_on_cost(rule: ResolutionRule, effect: Effect) -> bool:
    """A limit of margin always does; one of amount where nothing but the cost is at stake."""
    return rule.most_margin_loss_minor is not None or (rule.most_minor is not None and not effect.at_stake_minor)
