"""What is wrong with a queue rule before it is asked for the first time. Pure: a rule, those before it, and what is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

LISTS = ("types", "channels", "tiers", "countries", "nodes")


class Rule(Protocol):
    """What of a queue rule counts here."""

    name: str
    types: list[str]
    channels: list[str]
    tiers: list[str]
    countries: list[str]
    nodes: list[str]
    least_value_minor: int | None
    most_value_minor: int | None


def lint_rule(rule: Rule, before: Sequence[Rule], known: Mapping[str, Collection[str]]) -> list[str]:
    """Sentences, one for each thing that is wrong; ``before``: the active rules asked earlier.

    ``known``: by the name of a list the codes there are; a list it leaves out may hold anything.
    """
    warnings = [
        f"{name}: there is no {', '.join(unknown)}"
        for name in LISTS
        if name in known and (unknown := [code for code in getattr(rule, name) if code not in known[name]])
    ]
    least, most = rule.least_value_minor, rule.most_value_minor
    if least is not None and most is not None and least > most:
        warnings.append("its least value is above its most value, so nothing fits it")
    covering = next((other for other in before if _covers(other, rule)), None)
    if covering is not None:
        warnings.append(f"it is never reached: whatever fits it fits “{covering.name}” before it")
    return warnings


def _covers(wide: Rule, narrow: Rule) -> bool:
    """Whether all that fits ``narrow`` fits ``wide``."""
    for name in LISTS:
        mine, theirs = set(getattr(wide, name)), set(getattr(narrow, name))
        if mine and not (theirs and theirs <= mine):
            return False
    return _under(wide.least_value_minor, narrow.least_value_minor) and _over(
        wide.most_value_minor, narrow.most_value_minor
    )


def _under(wide: int | None, narrow: int | None) -> bool:
    return wide is None or (narrow is not None and wide <= narrow)


def _over(wide: int | None, narrow: int | None) -> bool:
    return wide is None or (narrow is not None and wide >= narrow)
