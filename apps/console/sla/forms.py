"""The forms of the policy editor: what they offer, and what came back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.console.shell.errors import FormIncomplete
from apps.console.sla.policy_sentences import PolicyNames
from apps.orders.canonical import ServiceLevel
from apps.orders.states import TERMINAL, OrderState
from apps.sla.linting import NOT_ASKED
from apps.sla.rules import Policy, Rule, Watch
from apps.sla.stages import BY_WORDS, PAUSES, STAGES, Of
from apps.ui.chips import word
from apps.ui.language import translated
from apps.ui.locale import countries
from apps.ui.paging import whole

LONGEST_NAME = 80
ROLES = ("agent", "lead", "manager", "operations")
TEXTS = ("tiers", "shipping_methods", "regions")
TICKED = ("channels", "service_levels", "nodes", "countries", "kinds")


@dataclass(frozen=True, slots=True)
class Checkbox:
    """One box to tick, or one line of a choice."""

    value: str
    label: str
    on: bool


@dataclass(frozen=True)
class RuleForm:
    """A rule as a form shows it. ``asked``: the conditions that apply to this stage."""

    rule: Rule
    asked: frozenset[str]
    bys: list[Checkbox]
    calendars: list[Checkbox]
    choices: dict[str, list[Checkbox]]
    texts: dict[str, str]
    pauses: list[Checkbox]
    alerts: dict[str, list[Checkbox]]
    cases: dict[str, list[Checkbox]]


def rule_form(rule: Rule, known: PolicyNames, approval_kinds: Iterable[str]) -> RuleForm:
    about = STAGES[rule.stage]
    roles = [*(("owner",) if about.of is Of.CASE else ()), *ROLES]
    kinds = (
        known.cases if about.of is Of.CASE else {kind: translated(kind.replace("_", " ")) for kind in approval_kinds}
    )
    levels = {level.value: translated(level.value.replace("_", " ").capitalize()) for level in ServiceLevel}
    choices = {"channels": known.channels, "service_levels": levels, "nodes": known.nodes, "kinds": kinds}
    choices["countries"] = dict(countries())
    own = {"": _("Every hour counts"), "node": _("The location’s working hours")} | (
        {"team": _("The team’s working hours")} if about.of is Of.CASE else {}
    )
    return RuleForm(
        rule,
        frozenset({*TEXTS, *TICKED} - set(NOT_ASKED[about.of])),
        [Checkbox(str(by), _capital(translated(BY_WORDS[by])), by == rule.by) for by in about.bys],
        _ticks({**own, **known.calendars}, (rule.calendar,)),
        {name: _ticks(labels, getattr(rule, name)) for name, labels in choices.items()},
        {name: ", ".join(getattr(rule, name)) for name in TEXTS},
        _ticks({reason: _capital(translated(PAUSES[reason])) for reason in about.pauses}, rule.pause),
        {
            name: _ticks({role: known.roles[role] for role in roles}, getattr(rule, name))
            for name in ("alert_warned", "alert_breached")
        },
        {
            name: _ticks({"": _("No case"), **known.cases}, (getattr(rule, name),))
            for name in ("case_warned", "case_breached")
        },
    )


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _ticks(labels: Mapping[str, str], chosen: Sequence[str]) -> list[Checkbox]:
    """Something chosen that is no longer there is shown as it is, so that it can be unticked."""
    gone = {value: value for value in chosen if value not in labels}
    return [Checkbox(value, label, value in chosen) for value, label in {**labels, **gone}.items()]


def read_rule_form(posted: QueryDict, stage: str) -> Rule:
    """The rule that the form says. Raises FormIncomplete."""
    name = posted.get("name", "").strip()[:LONGEST_NAME]
    if not name:
        raise FormIncomplete(problem=_("Give the rule a name; it stands beside every clock."))
    return Rule(
        stage=stage,
        name=name,
        by=posted.get("by", ""),
        minutes=_number(posted, "minutes", _("The time")),
        calendar=posted.get("calendar", ""),
        warn_percent=_number(posted, "warn_percent", _("The warning")),
        pause=tuple(posted.getlist("pause")),
        alert_warned=tuple(posted.getlist("alert_warned")),
        alert_breached=tuple(posted.getlist("alert_breached")),
        mail=bool(posted.get("mail")),
        case_warned=posted.get("case_warned", ""),
        case_breached=posted.get("case_breached", ""),
        **{key: _codes(posted.get(key, "")) for key in TEXTS},
        **{key: tuple(one for one in posted.getlist(key) if one) for key in TICKED},
    )


def _codes(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _number(posted: QueryDict, name: str, what: str) -> int:
    number = whole(posted.get(name, "").strip() or "0")
    if number is None or number > 10_000_000:
        raise FormIncomplete(problem=_("{what} has to be a whole number.").format(what=what))
    return number


def read_watch_form(posted: QueryDict) -> tuple[Watch, ...]:
    """The watches that are switched on. Raises FormIncomplete."""
    found = []
    if posted.get("backlog"):
        found.append(Watch("backlog", over=_number(posted, "backlog_over", _("The backlog"))))
    if posted.get("cutoff"):
        found.append(Watch("cutoff", minutes=_number(posted, "cutoff_minutes", _("The minutes before the cutoff"))))
    for state in AGING_STATES:
        if posted.get(f"aging_{state}"):
            hours = _number(posted, f"aging_{state}_hours", _("The hours"))
            found.append(Watch("aging", minutes=hours * 60, state=state, over=0))
    return tuple(found)


AGING_STATES = tuple(str(state) for state in OrderState if state not in TERMINAL and state != OrderState.SHIPPED)


@dataclass(frozen=True, slots=True)
class WatchForm:
    """One kind of watch as the form shows it; ``number`` in ``unit``."""

    name: str
    field: str
    label: str
    unit: str
    on: bool
    number: int


def watch_forms(policy: Policy) -> list[WatchForm]:
    have = {(one.kind, one.state): one for one in policy.watches if not one.nodes}
    backlog, cutoff = have.get(("backlog", "")), have.get(("cutoff", ""))
    rows = [
        WatchForm("backlog", "backlog_over", _("Backlog: a location has more to do than"), _("fulfillment orders"), backlog is not None, backlog.over if backlog else 200),
        WatchForm("cutoff", "cutoff_minutes", _("Cutoff at risk: work is not packed"), _("minutes before the cutoff"), cutoff is not None, cutoff.minutes if cutoff else 45),
    ]  # fmt: skip
    for state in AGING_STATES:
        old = have.get(("aging", state))
        label = _("Growing old: an order is {state} for over").format(state=word("order", state).lower())
        rows.append(
            WatchForm(
                f"aging_{state}",
                f"aging_{state}_hours",
                label,
                _("hours"),
                old is not None,
                old.minutes // 60 if old else 48,
            )
        )
    return rows


def inserted(policy: Policy, rule: Rule) -> tuple[Rule, ...]:
    """With the new rule: before the last rule of its stage where that takes everything else, else after it."""
    mine = policy.of_stage(rule.stage)
    if not mine:
        return (*policy.rules, rule)
    number, last = mine[-1]
    at = number if not last.conditional and last.always_answers else number + 1
    return (*policy.rules[:at], rule, *policy.rules[at:])


def moved(policy: Policy, number: int, by: int) -> tuple[Rule, ...]:
    """With the rule one place further up (-1) or down (1) among those of its stage."""
    mine = [place for place, _rule in policy.of_stage(policy.rules[number].stage)]
    at = mine.index(number) + by
    if not 0 <= at < len(mine):
        return policy.rules
    rules = list(policy.rules)
    rules[number], rules[mine[at]] = rules[mine[at]], rules[number]
    return tuple(rules)
