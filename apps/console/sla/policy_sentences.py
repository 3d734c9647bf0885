"""A policy in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from apps.accounts.models import Role
from apps.casework.models import CaseKind
from apps.casework.states import CaseType
from apps.channels.models import Channel
from apps.network.models import Node
from apps.orders.canonical import ServiceLevel
from apps.orders.states import OrderState
from apps.sla.linting import Flaw
from apps.sla.models import SlaCalendar
from apps.sla.rules import Policy, Rule, Watch
from apps.sla.stages import PAUSES, STAGES, About, DeadlineBasis
from apps.ui.chips import word
from apps.ui.language import choices, translated
from apps.ui.locale import number
from apps.ui.wording import duration


@dataclass(frozen=True)
class PolicyNames:
    """What people call the codes a policy speaks of."""

    channels: Mapping[str, str]
    nodes: Mapping[str, str]
    calendars: Mapping[str, str]
    cases: Mapping[str, str]

    roles: Mapping[str, str]


def names() -> PolicyNames:
    return PolicyNames(
        dict(Channel.objects.order_by("name").values_list("code", "name")),
        dict(Node.objects.order_by("name").values_list("code", "name")),
        dict(SlaCalendar.objects.order_by("name").values_list("code", "name")),
        dict(choices([*CaseType.choices, *CaseKind.objects.order_by("name").values_list("code", "name")])),
        {**dict(choices(Role.choices)), "owner": _("Owner")},
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


def stages_in_words(policy: Policy, said: PolicyNames, flaws: Sequence[Flaw] = ()) -> list[StageWords]:
    """Every stage, those nobody times too."""
    found = []
    for stage, about in STAGES.items():
        mine = policy.of_stage(stage)
        rules = [
            RuleWords(
                number, place, translated(rule.name) or _("Unnamed"), fits_in_words(rule, said), gives_in_words(rule, said),
                notes_in_words(rule, said), [translated(one.sentence) for one in flaws if one.rule == number],
                first=place == 1, last=place == len(mine),
            )
            for place, (number, rule) in enumerate(mine, 1)
        ]  # fmt: skip
        found.append(StageWords(stage, about, rules))
    return found


def fits_in_words(rule: Rule, said: PolicyNames) -> str:
    """Whom it holds for."""
    levels = {level.value: translated(level.value.replace("_", " ")) for level in ServiceLevel}
    parts = [
        _any(_("from {names}"), rule.channels, said.channels),
        _any(_("of customers {names}"), rule.tiers, {}),
        _any(_("sent {names}"), rule.service_levels, levels),
        _any(_("by a method called {names}"), rule.shipping_methods, {}),
        _any(_("to {names}"), rule.countries, {}),
        _any(_("to the region {names}"), rule.regions, {}),
        _any(_("at {names}"), rule.nodes, said.nodes),
        _any(_("of the type {names}"), rule.kinds, said.cases),
    ]
    kept = [part for part in parts if part]
    said_of_all = ", ".join(kept)
    return f"{said_of_all[:1].upper()}{said_of_all[1:]}" if kept else _("Everything")


def _any(phrase: str, codes: Sequence[str], called: Mapping[str, str]) -> str:
    """``phrase`` with its {names}; empty where there are none."""
    names = [called.get(code, code) for code in codes]
    if not names:
        return ""
    several = _("{names} or {last}").format(names=", ".join(names[:-1]), last=names[-1])
    return phrase.format(names=names[0] if len(names) == 1 else several)


def gives_in_words(rule: Rule, said: PolicyNames) -> str:
    """How long it gives."""
    span = duration(timedelta(minutes=rule.minutes))
    if rule.by == DeadlineBasis.MINUTES:
        return _hours(rule, said, _("within {span}").format(span=span)) if rule.minutes else _("at once")
    if rule.by == DeadlineBasis.KIND:
        return _hours(rule, said, _("within the time of its type"))
    if rule.by == DeadlineBasis.CUTOFF:
        after = _("{span} after the location’s next cutoff").format(span=span)
        return after if rule.minutes else _("by the location’s next cutoff")
    if rule.by == DeadlineBasis.NONE:
        return _("no clock")
    if rule.by == DeadlineBasis.PROMISE:
        before = _("{span} before the promised delivery").format(span=span)
        return before if rule.minutes else _("by the promised delivery")
    return _("{span} before the order’s ship-by").format(span=span) if rule.minutes else _("by the order’s ship-by")


def _hours(rule: Rule, said: PolicyNames, within: str) -> str:
    """With the hours that count, where not every hour does."""
    if rule.calendar == "node":
        return _("{within} of the location’s hours").format(within=within)
    if rule.calendar == "team":
        return _("{within} of the team’s hours").format(within=within)
    if not rule.calendar:
        return within
    name = said.calendars.get(rule.calendar, rule.calendar)
    return _("{within} of the hours “{calendar}”").format(within=within, calendar=name)


def notes_in_words(rule: Rule, said: PolicyNames) -> list[str]:
    """What follows from it."""
    if rule.by == DeadlineBasis.NONE:
        return []
    notes = [_("Stands still {while_it_waits}.").format(while_it_waits=_pauses(rule.pause))] if rule.pause else []
    if rule.warn_percent:
        follows = "".join(f"; {one}" for one in _follows(rule.alert_warned, rule.case_warned, said))
        warns = _("Warns at {percent} % of the time{what_follows}.")
        notes.append(warns.format(percent=rule.warn_percent, what_follows=follows))
    if rule.alert_breached or rule.case_breached:
        follows = _(" and ").join(_follows(rule.alert_breached, rule.case_breached, said))
        mailed = rule.mail and rule.alert_breached
        late = _("When late: {what_follows}, by mail too.") if mailed else _("When late: {what_follows}.")
        notes.append(late.format(what_follows=follows))
    return notes


def _follows(roles: Sequence[str], case: str, said: PolicyNames) -> list[str]:
    """Who it notifies, and which case it opens."""
    notified = _list([said.roles.get(role, role) for role in roles]) if roles else ""
    return [
        *([_("notifies {roles}").format(roles=notified)] if notified else []),
        *([_("opens “{case}”").format(case=said.cases.get(case, case))] if case else []),
    ]


def _pauses(reasons: Sequence[str]) -> str:
    """``while it waits for the customer, a partner and stock``: the common beginning is said once."""
    said = [translated(PAUSES.get(reason, reason)) for reason in reasons]
    waits = _("while it waits for ")
    if all(one.startswith(waits) for one in said):
        return waits + _list([one.removeprefix(waits) for one in said])
    return _list(said)


def _list(words: Sequence[str]) -> str:
    if len(words) == 1:
        return words[0]
    return _("{names} and {last}").format(names=", ".join(words[:-1]), last=words[-1])


def watch_in_words(watch: Watch, said: PolicyNames) -> str:
    """What is looked at every minute, in a sentence."""
    where = _any(_("at {names}"), watch.nodes, said.nodes) or _("at any location")
    if watch.kind == "backlog":
        backlog = _("More than {count} fulfillment orders to do {where} is a backlog.")
        return backlog.format(count=number(watch.over), where=where)
    if watch.kind == "cutoff":
        cutoff = _("Work not packed {minutes} minutes before the cutoff {where} is at risk.")
        return cutoff.format(minutes=watch.minutes, where=where)
    state = word("order", watch.state).lower() if watch.state in OrderState.values else watch.state
    span = duration(timedelta(minutes=watch.minutes))
    if not watch.over:
        return _("An order {state} for over {span} is growing old.").format(state=state, span=span)
    growing = _("More than {count} orders {state} for over {span} are growing old.")
    return growing.format(count=number(watch.over), state=state, span=span)
