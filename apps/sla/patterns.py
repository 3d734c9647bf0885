"""What keeps being late, in words. Pure, no Django."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby

from apps.core.text import Text
from apps.sla.stages import CASE_STAGES, STAGES

FEWEST_DAYS = 2
FEWEST_LATE = 3
MANY_ON_ONE_DAY = 10
# So much of it within two hours of the day is worth saying.
MOSTLY = 0.6
_LATE_WITH = {
    "response": Text("took too long to decide about orders"),
    "routing": Text("took too long to route orders"),
    "partner_ack": Text("answered late"),
    "pick_start": Text("picked late"),
    "pack": Text("packed late"),
    "ship": Text("shipped late"),
    "delivery": Text("missed the delivery promise"),
    "case_response": Text("left new cases unseen for too long"),
    "case_resolution": Text("settled cases late"),
    "approval": Text("decided proposals late"),
}


@dataclass(frozen=True, slots=True)
class PastBreach:
    """One breach. ``place``: the node's name, empty for all; ``due``: its local time; ``cutoff``: where that was missed."""

    stage: str
    place: str
    due: datetime
    subject: str
    node: str = ""
    cutoff: time | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """``sentence`` says it; ``count``: how many orders (or cases); ``node`` and ``stage`` lead to them."""

    sentence: str
    stage: str
    node: str
    days: int
    of_days: int
    count: int


def patterns(
    lates: Iterable[PastBreach], working_days: Mapping[str, Sequence[date]], *, days: Sequence[date]
) -> list[Pattern]:
    """What was late on several of ``days``, worst first. ``working_days``: those of each node, by code."""
    rows = sorted(lates, key=lambda one: (one.place, one.node, one.stage, one.cutoff or time()))
    found = []
    for (place, node, stage, cutoff), group in groupby(
        rows, key=lambda one: (one.place, one.node, one.stage, one.cutoff)
    ):
        pattern = _pattern(place, node, stage, cutoff, list(group), working_days.get(node, days))
        if pattern is not None:
            found.append(pattern)
    return sorted(found, key=lambda one: (-one.count * one.days, one.sentence))


def _pattern(
    place: str, node: str, stage: str, cutoff: time | None, lates: list[PastBreach], working: Sequence[date]
) -> Pattern | None:
    late_days = {one.due.date() for one in lates}
    count = len({one.subject for one in lates})
    repeated = len(late_days) >= FEWEST_DAYS and count >= FEWEST_LATE
    if not repeated and count < MANY_ON_ONE_DAY:
        return None
    sentence = Text.counted(
        "{who} {what} on {days} of {count} day; {things}{hours}.",
        "{who} {what} on {days} of {count} days; {things}{hours}.",
        len(set(working) | late_days),
        who=place or (Text("We") if stage in _LATE_WITH else Text("Something")),
        what=_what(stage, cutoff),
        days=len(late_days),
        things=_things(stage, count),
        hours="" if cutoff else _mostly(lates),
    )
    return Pattern(sentence, stage, node, len(late_days), sentence.number, count)


def _what(stage: str, cutoff: time | None) -> Text:
    if cutoff:
        return Text("missed its {time} cutoff", time=f"{cutoff:%H:%M}")
    return _LATE_WITH.get(stage) or Text("was late with {stage}", stage=Text(STAGES[stage].label))


def _things(stage: str, count: int) -> Text:
    if stage == "approval":
        return Text.counted("{count} proposal", "{count} proposals", count, count=f"{count:,}")
    if stage in CASE_STAGES:
        return Text.counted("{count} case", "{count} cases", count, count=f"{count:,}")
    return Text.counted("{count} order", "{count} orders", count, count=f"{count:,}")


def _mostly(lates: Sequence[PastBreach]) -> str:
    """The two hours of the day in which most of it falls due, if there are such."""
    by_hour = Counter(one.due.hour for one in lates)
    best = max(range(23), key=lambda hour: by_hour[hour] + by_hour[hour + 1])
    share = (by_hour[best] + by_hour[best + 1]) / len(lates)
    if share < MOSTLY or len(lates) < MANY_ON_ONE_DAY:
        return ""
    return Text(
        ", {share} of them due between {begin} and {end}",
        share=f"{share:.0%}",
        begin=f"{best:02d}:00",
        end=f"{best + 2:02d}:00",
    )
