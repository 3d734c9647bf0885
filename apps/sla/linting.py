"""What is wrong with a policy, in sentences, before it holds for anybody. Pure, no Django."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.sla.rules import CONDITIONS, MOST_MINUTES, Policy, Rule, Watch, read_policy
from apps.sla.stages import BY_WORDS, PAUSES, STAGES, By, Of

WATCHES = ("backlog", "aging", "cutoff")
OWN_CALENDARS = ("", "node", "team")
# Conditions that can't be told of some subjects.
NOT_ASKED: dict[str, tuple[str, ...]] = {
    Of.ORDER: ("nodes", "kinds"),
    Of.FULFILLMENT: ("kinds",),
    Of.CASE: ("service_levels", "shipping_methods", "regions"),
    Of.APPROVAL: ("channels", "tiers", "service_levels", "shipping_methods", "countries", "regions"),
}
_FIELDS = {
    "channels": "channels",
    "tiers": "customer tiers",
    "service_levels": "service levels",
    "shipping_methods": "shipping methods",
    "countries": "countries",
    "regions": "regions",
    "nodes": "nodes",
    "kinds": "types",
}


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
        return [Flaw("", f"It can't be read: {error}")]
    finder = _Finder(known)
    if not policy.rules and not policy.watches:
        finder.flaws.append(Flaw("/rules", "It holds no rule, so nothing would be timed any more: write one first."))
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
        find.rule(number, rule, "stage", f"There is no stage “{rule.stage}”.")
        return
    if rule.by not in about.bys:
        word = BY_WORDS[By(rule.by)] if rule.by in set(By) else f"by “{rule.by}”"
        find.rule(number, rule, "by", f"{about.label} can't be due {word}.")
    least = 1 if rule.by == By.MINUTES else 0
    if not least <= rule.minutes <= MOST_MINUTES:
        find.rule(number, rule, "minutes", f"{rule.minutes} minutes is not between {least} and {MOST_MINUTES:,}.")
    if not 0 <= rule.warn_percent <= 99:
        find.rule(number, rule, "warn_percent", "A warning comes at 1 to 99 % of the time, or at 0 not at all.")
    for name in NOT_ASKED[about.of]:
        if getattr(rule, name):
            find.rule(number, rule, name, f"{about.label} knows no {_FIELDS[name]}, so the rule would never fit.")
    _judge_pause(find, number, rule)
    _judge_calendar(find, number, rule)
    _judge_codes(find, number, rule)


def _judge_pause(find: _Finder, number: int, rule: Rule) -> None:
    for reason in rule.pause:
        if reason not in STAGES[rule.stage].pauses:
            find.rule(
                number,
                rule,
                "pause",
                f"{STAGES[rule.stage].label} is never paused {PAUSES.get(reason, f'for {reason}')}.",
            )
    if rule.pause and not rule.pausable:
        find.rule(number, rule, "pause", "A promise, a ship-by or a cutoff doesn't move, so its clock can't pause.")


def _judge_calendar(find: _Finder, number: int, rule: Rule) -> None:
    about = STAGES[rule.stage]
    if rule.calendar == "node" and about.of is Of.ORDER:
        said = f"{about.label} is timed before a node has the order, so no node's hours can count: choose a business calendar by name."
        find.rule(number, rule, "calendar", said)
    if rule.calendar == "team" and about.of is not Of.CASE:
        said = f"{about.label} waits in no queue, so no team's hours can count: choose a business calendar by name."
        find.rule(number, rule, "calendar", said)


def _judge_codes(find: _Finder, number: int, rule: Rule) -> None:
    known = find.known
    if rule.calendar not in OWN_CALENDARS and rule.calendar not in known.calendars:
        find.rule(number, rule, "calendar", f"There is no calendar “{rule.calendar}”.")
    for name, what, codes, there in (
        ("channels", "channel", rule.channels, known.channels),
        ("nodes", "node", rule.nodes, known.nodes),
        ("alert_warned", "role", rule.alert_warned, known.roles | {"owner"} if known.roles else known.roles),
        ("alert_breached", "role", rule.alert_breached, known.roles | {"owner"} if known.roles else known.roles),
        ("case_warned", "type of case", [rule.case_warned] if rule.case_warned else [], known.case_kinds),
        ("case_breached", "type of case", [rule.case_breached] if rule.case_breached else [], known.case_kinds),
    ):
        for code in codes if there else ():
            if code not in there:
                find.rule(number, rule, name, f"There is no {what} “{code}”.")


def _judge_order(find: _Finder, rules: Sequence[tuple[int, Rule]]) -> None:
    """Rules nobody reaches, and stages whose last rule leaves somebody without an answer."""
    for place, (number, rule) in enumerate(rules):
        before = next((one for one in rules[:place] if _covers(one[1], rule)), None)
        if before is not None:
            said = before[1].name or f"rule {before[0] + 1}"
            find.rule(number, rule, "", f"It is never reached: “{said}” above it already takes all it fits.")
    if rules:
        number, last = rules[-1]
        if last.conditional or not last.always_answers:
            label = STAGES[last.stage].label
            sentence = f"{label} needs a last rule for everything else: a time that holds for all, or “no clock”."
            find.rule(number, last, "", sentence)


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
        yield f"There is nothing called “{watch.kind}” to watch."
        return
    if watch.over < 0 or not 0 <= watch.minutes <= MOST_MINUTES:
        yield "Numbers of a watch can't be negative, nor over a year."
    if watch.kind in ("aging", "cutoff") and watch.minutes < 1:
        yield "Say after how many minutes." if watch.kind == "aging" else "Say how many minutes before the cutoff."
    if watch.kind == "backlog" and watch.over < 1:
        yield "Say how many are too many."
    if watch.kind == "aging" and known.states and watch.state not in known.states:
        yield f"Orders are never “{watch.state}”."
    for code in watch.nodes if known.nodes else ():
        if code not in known.nodes:
            yield f"There is no node “{code}”."
