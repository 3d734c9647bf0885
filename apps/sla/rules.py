"""The rules of a policy: which clock runs for what, and when it is due. Pure, no Django.

Rules of a stage are asked in order. The first that fits and can say a deadline decides: a rule ``by`` the promise has none
to say for an order without a promise, and the next one is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, time, timedelta
from typing import Any

from apps.sla.arithmetic import BusinessHours, NeverOpen
from apps.sla.stages import STAGES, DeadlineBasis

MOST_MINUTES = 525_600
# Fields of a rule that say what it holds for, and the field of a subject each is held against.
CONDITIONS = {
    "channels": "channel",
    "tiers": "tier",
    "service_levels": "service_level",
    "shipping_methods": "shipping_method",
    "countries": "country",
    "regions": "region",
    "nodes": "node",
    "kinds": "kind",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What is timed, as far as rules ask. ``kind``: of a case or approval; ``team``: the case's queue."""

    channel: str = ""
    tier: str = ""
    service_level: str = ""
    shipping_method: str = ""
    country: str = ""
    region: str = ""
    node: str = ""
    kind: str = ""
    team: str = ""
    promise: datetime | None = None
    ship_by: datetime | None = None
    cutoff: time | None = None
    kind_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """An empty condition fits everything. ``minutes``: the time given; by cutoff: after it; by promise or ship-by: before it.

    ``calendar``: empty: every hour counts; ``node``: the node's hours; ``team``: the queue's; else a calendar's code.
    ``alert_warned``, ``alert_breached``: roles that are notified. ``case_warned``, ``case_breached``: the case that is opened.
    """

    stage: str
    name: str = ""
    channels: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    service_levels: tuple[str, ...] = ()
    shipping_methods: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    by: str = DeadlineBasis.MINUTES
    minutes: int = 60
    calendar: str = ""
    pause: tuple[str, ...] = ()
    warn_percent: int = 75
    alert_warned: tuple[str, ...] = ()
    alert_breached: tuple[str, ...] = ()
    mail: bool = False
    case_warned: str = ""
    case_breached: str = ""

    def conditions(self) -> list[tuple[str, tuple[str, ...], bool]]:
        """What is asked of a subject: the field, the texts it may have, and whether a part of one is enough."""
        # Codes are the same in any case; a shipping method is the source's own text.
        return [
            (of, tuple(one.casefold() for one in getattr(self, name)), name == "shipping_methods")
            for name, of in CONDITIONS.items()
            if getattr(self, name)
        ]

    @property
    def conditional(self) -> bool:
        return any(getattr(self, name) for name in CONDITIONS)

    @property
    def always_answers(self) -> bool:
        """Whether it has a deadline (or says plainly that there is none) for whatever it fits."""
        return self.by in (DeadlineBasis.MINUTES, DeadlineBasis.KIND, DeadlineBasis.NONE)

    @property
    def pausable(self) -> bool:
        """A promise does not move because somebody waited."""
        return self.by in (DeadlineBasis.MINUTES, DeadlineBasis.KIND)

    def to_json(self) -> dict[str, Any]:
        """Only what differs from the defaults, besides the stage."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        kept = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in given.items()
            if name in ("stage", "by", "minutes") or value != _DEFAULTS[name]
        }
        return {name: str(value) if isinstance(value, DeadlineBasis) else value for name, value in kept.items()}


_DEFAULTS: dict[str, Any] = {one.name: one.default for one in fields(Rule)}


def _fits(subject: Subject, conditions: Sequence[tuple[str, tuple[str, ...], bool]]) -> bool:
    for name, wanted, part in conditions:
        given = getattr(subject, name).casefold()
        if not (any(one in given for one in wanted) if part else given in wanted):
            return False
    return True


@dataclass(frozen=True, slots=True)
class Watch:
    """What is looked at every minute. ``backlog``: over ``over`` fulfillment orders to do at a node; ``cutoff``: work not
    packed ``minutes`` before the node's cutoff; ``aging``: more than ``over`` orders in ``state`` for ``minutes``."""

    kind: str
    over: int = 0
    minutes: int = 0
    state: str = ""
    nodes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Policy:
    rules: tuple[Rule, ...] = ()
    watches: tuple[Watch, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "rules": [rule.to_json() for rule in self.rules],
            "watches": [watch.to_json() for watch in self.watches],
        }

    def of_stage(self, stage: str) -> list[tuple[int, Rule]]:
        return [(number, rule) for number, rule in enumerate(self.rules) if rule.stage == stage]


def read_rule(given: Mapping[str, Any]) -> Rule:
    """A rule out of its JSON; nothing is checked beyond its shape. Raises TypeError, ValueError."""
    return Rule(**_typed(given, _DEFAULTS))


def read_watch(given: Mapping[str, Any]) -> Watch:
    return Watch(**_typed(given, {one.name: one.default for one in fields(Watch)}))


def _typed(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for name, value in given.items():
        if name not in defaults:
            raise ValueError(f"There is no setting “{name}”.")
        default = defaults[name]
        if isinstance(default, tuple):
            if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
                raise ValueError(f"“{name}” must be a list of texts.")
            typed[name] = tuple(value)
        else:
            wanted = str if not isinstance(default, (bool, int)) else type(default)
            if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
                raise ValueError(
                    f"“{name}” must be {'a whole number' if wanted is int else 'yes or no' if wanted is bool else 'a text'}."
                )
            typed[name] = value
    return typed


def read_policy(content: Mapping[str, Any]) -> Policy:
    """The policy out of its JSON. Raises TypeError, ValueError where the shape is wrong; ``lint`` judges the rest."""
    if content.keys() - {"rules", "watches"}:
        raise ValueError("A policy has rules and watches, nothing else.")
    return Policy(
        tuple(read_rule(one) for one in content.get("rules", ())),
        tuple(read_watch(one) for one in content.get("watches", ())),
    )


@dataclass(frozen=True, slots=True)
class Deadline:
    """``rule``: its place in the policy. ``total_s``: open seconds given. ``warn_at`` None: no warning."""

    rule: int
    due_at: datetime
    warn_at: datetime | None
    total_s: int


Hours = Callable[[str, Subject], BusinessHours]
_Conditions = Sequence[tuple[str, tuple[str, ...], bool]]


@dataclass(frozen=True)
class Rulebook:
    """A policy with the calendars it speaks of."""

    policy: Policy
    hours: Hours
    # The rules of each stage with their conditions, made ready once: every new clock asks.
    _stages: Mapping[str, Sequence[tuple[int, Rule, _Conditions]]] = field(init=False)

    def __post_init__(self) -> None:
        ready = {
            stage: [(number, rule, rule.conditions()) for number, rule in self.policy.of_stage(stage)]
            for stage in STAGES
        }
        object.__setattr__(self, "_stages", ready)

    def deadline(self, stage: str, subject: Subject, start: datetime) -> Deadline | None:
        """When the stage that began at ``start`` is due; None: nobody times it."""
        for number, rule, conditions in self._stages.get(stage, ()):
            if conditions and not _fits(subject, conditions):
                continue
            if rule.by == DeadlineBasis.NONE:
                return None
            due = self._due(rule, subject, start)
            if due is not None:
                return self._deadline(number, rule, subject, start, due)
        return None

    def _due(self, rule: Rule, subject: Subject, start: datetime) -> datetime | None:
        hours, given = self.hours(rule.calendar, subject), timedelta(minutes=rule.minutes)
        try:
            if rule.by == DeadlineBasis.MINUTES:
                return hours.add(start, rule.minutes)
            if rule.by == DeadlineBasis.KIND:
                return hours.add(start, rule.minutes if subject.kind_minutes is None else subject.kind_minutes)
            if rule.by == DeadlineBasis.CUTOFF:
                return hours.next_cutoff(start, subject.cutoff) + given if subject.cutoff else None
        except NeverOpen:
            return None
        at = subject.promise if rule.by == DeadlineBasis.PROMISE else subject.ship_by
        return at - given if at else None

    def _deadline(self, number: int, rule: Rule, subject: Subject, start: datetime, due: datetime) -> Deadline:
        hours = self.hours(rule.calendar, subject) if rule.pausable else ALWAYS
        total = rule.minutes * 60.0 if rule.by == DeadlineBasis.MINUTES else max(hours.between(start, due), 0.0)
        warn_at = hours.add_seconds(start, total * rule.warn_percent / 100) if rule.warn_percent and total else None
        return Deadline(number, due, warn_at if warn_at is None or warn_at < due else None, int(min(total, LONGEST_S)))


ALWAYS = BusinessHours()
# What a clock's row can hold; a promise may be further away.
LONGEST_S = 2**31 - 1
