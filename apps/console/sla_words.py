"""A policy in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from apps.accounts.models import Role
from apps.casework.models import CaseKind
from apps.casework.states import CaseType
from apps.channels.models import Channel
from apps.console.wording import duration
from apps.network.models import Node
from apps.orders.canonical import ServiceLevel
from apps.orders.states import OrderState
from apps.sla.linting import Flaw
from apps.sla.models import SlaCalendar
from apps.sla.rules import Policy, Rule, Watch
from apps.sla.stages import PAUSES, STAGES, About, By


@dataclass(frozen=True)
class Names:
    """What people call the codes a policy speaks of."""

    channels: Mapping[str, str]
    nodes: Mapping[str, str]
    calendars: Mapping[str, str]
    cases: Mapping[str, str]

    roles: Mapping[str, str]


def names() -> Names:
    return Names(
        dict(Channel.objects.order_by("name").values_list("code", "name")),
        dict(Node.objects.order_by("name").values_list("code", "name")),
        dict(SlaCalendar.objects.order_by("name").values_list("code", "name")),
        dict(CaseType.choices) | dict(CaseKind.objects.order_by("name").values_list("code", "name")),
        {**dict(Role.choices), "owner": "Owner"},
    )


@dataclass(frozen=True, slots=True)
class RuleWords:
    """One rule: whom it holds for, what it gives, and what follows; with its flaws where it is a draft's."""

    number: int
    place: int
    name: str
    fits: str
    gives: str
    notes: list[str]
    flaws: list[str]
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class StageWords:
    stage: str
    about: About
    rules: list[RuleWords]


def stages_in_words(policy: Policy, said: Names, flaws: Sequence[Flaw] = ()) -> list[StageWords]:
    """Every stage, those nobody times too."""
    found = []
    for stage, about in STAGES.items():
        mine = policy.of_stage(stage)
        rules = [
            RuleWords(
                number, place, rule.name or "Unnamed", fits_in_words(rule, said), gives_in_words(rule, said),
                notes_in_words(rule, said), [one.sentence for one in flaws if one.rule == number],
                first=place == 1, last=place == len(mine),
            )
            for place, (number, rule) in enumerate(mine, 1)
        ]  # fmt: skip
        found.append(StageWords(stage, about, rules))
    return found


def fits_in_words(rule: Rule, said: Names) -> str:
    """Whom it holds for."""
    levels = {level.value: level.value.replace("_", " ") for level in ServiceLevel}
    parts = [
        _any("from", rule.channels, said.channels),
        _any("of customers", rule.tiers, {}),
        _any("sent", rule.service_levels, levels),
        _any("by a method called", rule.shipping_methods, {}),
        _any("to", rule.countries, {}),
        _any("to the region", rule.regions, {}),
        _any("at", rule.nodes, said.nodes),
        _any("of the type", rule.kinds, said.cases),
    ]
    kept = [part for part in parts if part]
    return ", ".join(kept).capitalize() if kept else "Everything"


def _any(word: str, codes: Sequence[str], called: Mapping[str, str]) -> str:
    names = [called.get(code, code) for code in codes]
    if not names:
        return ""
    return f"{word} {names[0] if len(names) == 1 else ', '.join(names[:-1]) + ' or ' + names[-1]}"


def gives_in_words(rule: Rule, said: Names) -> str:
    """How long it gives."""
    span = duration(timedelta(minutes=rule.minutes))
    hours = {"": "", "node": " of the node’s hours", "team": " of the team’s hours"}.get(
        rule.calendar, f" of the hours “{said.calendars.get(rule.calendar, rule.calendar)}”"
    )
    if rule.by == By.MINUTES:
        return f"within {span}{hours}" if rule.minutes else "at once"
    if rule.by == By.KIND:
        return f"within the time of its type{hours}"
    if rule.by == By.CUTOFF:
        return f"{span} after the node’s next cutoff" if rule.minutes else "by the node’s next cutoff"
    if rule.by == By.NONE:
        return "no clock"
    what = "the promised delivery" if rule.by == By.PROMISE else "the order’s ship-by"
    return f"{span} before {what}" if rule.minutes else f"by {what}"


def notes_in_words(rule: Rule, said: Names) -> list[str]:
    """What follows from it."""
    if rule.by == By.NONE:
        return []
    notes = [f"Stands still {_pauses(rule.pause)}."] if rule.pause else []
    warning = [_list([said.roles.get(role, role) for role in rule.alert_warned])] if rule.alert_warned else []
    if rule.warn_percent:
        told = f"; tells {warning[0]}" if warning else ""
        case = f"; opens “{said.cases.get(rule.case_warned, rule.case_warned)}”" if rule.case_warned else ""
        notes.append(f"Warns at {rule.warn_percent} % of the time{told}{case}.")
    tells = (
        [f"tells {_list([said.roles.get(role, role) for role in rule.alert_breached])}"] if rule.alert_breached else []
    )
    opens = [f"opens “{said.cases.get(rule.case_breached, rule.case_breached)}”"] if rule.case_breached else []
    if tells or opens:
        notes.append(f"When late: {' and '.join(tells + opens)}{', by mail too' if rule.mail and tells else ''}.")
    return notes


def _pauses(reasons: Sequence[str]) -> str:
    """``while it waits for the customer, a partner and stock``: the common beginning is said once."""
    said = [PAUSES.get(reason, reason) for reason in reasons]
    waits = "while it waits for "
    if all(one.startswith(waits) for one in said):
        return waits + _list([one.removeprefix(waits) for one in said])
    return _list(said)


def _list(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def watch_in_words(watch: Watch, said: Names) -> str:
    """What is looked at every minute, in a sentence."""
    at = _any(" at", watch.nodes, said.nodes).strip()
    where = f" {at}" if at else " at any node"
    if watch.kind == "backlog":
        return f"More than {watch.over:,} fulfillment orders to do{where} is a backlog."
    if watch.kind == "cutoff":
        return f"Work not packed {watch.minutes} minutes before the cutoff{where} is at risk."
    state = OrderState(watch.state).label.lower() if watch.state in OrderState.values else watch.state
    span = duration(timedelta(minutes=watch.minutes))
    if not watch.over:
        return f"An order {state} for over {span} is growing old."
    return f"More than {watch.over:,} orders {state} for over {span} are growing old."
