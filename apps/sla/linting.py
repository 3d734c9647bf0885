"""What is wrong with a policy, in sentences, before it holds for anybody. Pure, no Django."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.core.text import Text
from apps.sla.rules import CONDITIONS, MOST_MINUTES, Policy, Rule, Watch, read_policy
from apps.sla.stages import BY_WORDS, PAUSES, STAGES, DeadlineBasis, Of

WATCHES = ("backlog", "aging", "cutoff")
OWN_CALENDARS = ("", "node", "team")
# Conditions that do not apply to some subjects.
NOT_ASKED: dict[str, tuple[str, ...]] = {
    Of.ORDER: ("nodes", "kinds"),
    Of.FULFILLMENT: ("kinds",),
    Of.CASE: ("service_levels", "shipping_methods", "regions"),
    Of.APPROVAL: ("channels", "tiers", "service_levels", "shipping_methods", "countries", "regions"),
}
FIELDS = {
    "channels": "channels",
    "tiers": "customer tiers",
    "service_levels": "service levels",
    "shipping_methods": "shipping methods",
    "countries": "countries",
    "regions": "regions",
    "nodes": "locations",
    "kinds": "types",
}


MOST = f"{MOST_MINUTES:,}"
NO_RULE = Text("It holds no rule, so nothing would be timed any more: write one first.")
WARNED_AT = Text("A warning comes at 1 to 99 % of the time, or at 0 not at all.")
NEVER_PAUSED = Text("A promise, a ship-by or a cutoff doesn't move, so its clock can't pause.")


@dataclass(frozen=True, slots=True)
class Known:
    """The codes there are; an empty set is not looked at."""

    calendars: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    case_kinds: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Flaw:
    """``where``: a JSON pointer into the policy; ``rule``: the place of the rule it is about, if it is one's."""

    where: str
    sentence: str
    rule: int | None = None
    stage: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"pointer": self.where, "detail": self.sentence}


@dataclass
class _Finder:
    known: Known
    flaws: list[Flaw] = field(default_factory=list)

    def rule(self, number: int, rule: Rule, name: str, sentence: str) -> None:
        self.flaws.append(Flaw(f"/rules/{number}/{name}", sentence, number, rule.stage))


def lint(content: Mapping[str, Any] | Policy, known: Known) -> list[Flaw]:
    """Every flaw; an empty list: the policy may be published."""
    try:
        policy = content if isinstance(content, Policy) else read_policy(content)
    except (TypeError, ValueError, AttributeError) as error:
        return [Flaw("", Text("It can't be read: {error}", error=str(error)))]
    finder = _Finder(known)
    if not policy.rules and not policy.watches:
        finder.flaws.append(Flaw("/rules", NO_RULE))
    for number, rule in enumerate(policy.rules):
        _judge_rule(finder, number, rule)
    for stage in STAGES:
        _judge_order(finder, policy.of_stage(stage))
    for number, watch in enumerate(policy.watches):
        finder.flaws += [Flaw(f"/watches/{number}", sentence) for sentence in _judge_watch(watch, known)]
    return finder.flaws


def _judge_rule(find: _Finder, number: int, rule: Rule) -> None:
    about = STAGES.get(rule.stage)
    if about is None:
        find.rule(number, rule, "stage", Text("There is no stage “{stage}”.", stage=rule.stage))
        return
    if rule.by not in about.bys:
        word = (
            Text(BY_WORDS[DeadlineBasis(rule.by)])
            if rule.by in set(DeadlineBasis)
            else Text("by “{code}”", code=rule.by)
        )
        find.rule(number, rule, "by", Text("{stage} can't be due {by}.", stage=Text(about.label), by=word))
    least = 1 if rule.by == DeadlineBasis.MINUTES else 0
    if not least <= rule.minutes <= MOST_MINUTES:
        said = Text("{number} minutes is not between {least} and {most}.", number=rule.minutes, least=least, most=MOST)
        find.rule(number, rule, "minutes", said)
    if not 0 <= rule.warn_percent <= 99:
        find.rule(number, rule, "warn_percent", WARNED_AT)
    for name in NOT_ASKED[about.of]:
        if getattr(rule, name):
            known = {"stage": Text(about.label), "field": Text(FIELDS[name])}
            find.rule(number, rule, name, Text("{stage} knows no {field}, so the rule would never fit.", **known))
    _judge_pause(find, number, rule)
    _judge_calendar(find, number, rule)
    _judge_codes(find, number, rule)


def _judge_pause(find: _Finder, number: int, rule: Rule) -> None:
    for reason in rule.pause:
        if reason not in STAGES[rule.stage].pauses:
            why = Text(PAUSES[reason]) if reason in PAUSES else Text("for {reason}", reason=reason)
            label = Text(STAGES[rule.stage].label)
            find.rule(number, rule, "pause", Text("{stage} is never paused {why}.", stage=label, why=why))
    if rule.pause and not rule.pausable:
        find.rule(number, rule, "pause", NEVER_PAUSED)


def _judge_calendar(find: _Finder, number: int, rule: Rule) -> None:
    about = STAGES[rule.stage]
    if rule.calendar == "node" and about.of is Of.ORDER:
        find.rule(number, rule, "calendar", _no_node_yet(about.label))
    if rule.calendar == "team" and about.of is not Of.CASE:
        find.rule(number, rule, "calendar", _no_team(about.label))


def _judge_codes(find: _Finder, number: int, rule: Rule) -> None:
    known = find.known
    if rule.calendar not in OWN_CALENDARS and rule.calendar not in known.calendars:
        find.rule(number, rule, "calendar", Text("There is no calendar “{code}”.", code=rule.calendar))
    for name, none, codes, there in (
        ("channels", _no_channel, rule.channels, known.channels),
        ("nodes", _no_node, rule.nodes, known.nodes),
        ("alert_warned", _no_role, rule.alert_warned, known.roles | {"owner"} if known.roles else known.roles),
        ("alert_breached", _no_role, rule.alert_breached, known.roles | {"owner"} if known.roles else known.roles),
        ("case_warned", _no_kind, [rule.case_warned] if rule.case_warned else [], known.case_kinds),
        ("case_breached", _no_kind, [rule.case_breached] if rule.case_breached else [], known.case_kinds),
    ):
        for code in codes if there else ():
            if code not in there:
                find.rule(number, rule, name, none(code))


def _judge_order(find: _Finder, rules: Sequence[tuple[int, Rule]]) -> None:
    """Rules nobody reaches, and stages whose last rule leaves somebody without an answer."""
    for place, (number, rule) in enumerate(rules):
        before = next((one for one in rules[:place] if _covers(one[1], rule)), None)
        if before is not None:
            said = before[1].name or Text("rule {number}", number=before[0] + 1)
            find.rule(number, rule, "", _never_reached(said))
    if rules:
        number, last = rules[-1]
        if last.conditional or not last.always_answers:
            find.rule(number, last, "", _no_last_rule(STAGES[last.stage].label))


def _covers(first: Rule, later: Rule) -> bool:
    if not (first.always_answers or first.by == later.by):
        return False
    for name in CONDITIONS:
        wide, narrow = ({one.casefold() for one in getattr(rule, name)} for rule in (first, later))
        if wide and (not narrow or not narrow <= wide):
            return False
    return True


def _judge_watch(watch: Watch, known: Known) -> Iterator[str]:
    if watch.kind not in WATCHES:
        yield Text("There is nothing called “{code}” to watch.", code=watch.kind)
        return
    if watch.over < 0 or not 0 <= watch.minutes <= MOST_MINUTES:
        yield Text("Numbers of a watch can't be negative, nor over a year.")
    if watch.kind == "aging" and watch.minutes < 1:
        yield Text("Say after how many minutes.")
    if watch.kind == "cutoff" and watch.minutes < 1:
        yield Text("Say how many minutes before the cutoff.")
    if watch.kind == "backlog" and watch.over < 1:
        yield Text("Say how many are too many.")
    if watch.kind == "aging" and known.states and watch.state not in known.states:
        yield Text("Orders are never “{code}”.", code=watch.state)
    for code in watch.nodes if known.nodes else ():
        if code not in known.nodes:
            yield _no_node(code)


def _no_node_yet(label: str) -> Text:
    return Text(
        "{stage} is timed before a location has the order, so no location's hours can count: choose a business calendar by name.",
        stage=Text(label),
    )


def _no_team(label: str) -> Text:
    return Text(
        "{stage} waits in no queue, so no team's hours can count: choose a business calendar by name.",
        stage=Text(label),
    )


def _no_last_rule(label: str) -> Text:
    return Text(
        "{stage} needs a last rule for everything else: a time that holds for all, or “no clock”.", stage=Text(label)
    )


def _never_reached(above: str) -> Text:
    return Text("It is never reached: “{rule}” above it already takes all it fits.", rule=above)


def _no_channel(code: str) -> Text:
    return Text("There is no channel “{code}”.", code=code)


def _no_node(code: str) -> Text:
    return Text("There is no location “{code}”.", code=code)


def _no_role(code: str) -> Text:
    return Text("There is no role “{code}”.", code=code)


def _no_kind(code: str) -> Text:
    return Text("There is no type of case “{code}”.", code=code)
