"""Names of shipping methods, by patterns with ``*``, to the service level they promise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import translate

from apps.core.text import Text
from apps.orders.canonical import ServiceLevel

# A pattern with stars cannot run away: translate() makes each star possessive.
Glob = tuple[re.Pattern[str], ServiceLevel]
LONGEST = 100
# What is asked first where several patterns match: the promise hardest to keep ("Free express delivery" is express).
_MOST_PRESSING = (
    ServiceLevel.PICKUP,
    ServiceLevel.SAME_DAY,
    ServiceLevel.NEXT_DAY,
    ServiceLevel.EXPRESS,
    ServiceLevel.ECONOMY,
    ServiceLevel.STANDARD,
)


def compile_globs(table: Mapping[str, str]) -> tuple[Glob, ...]:
    """Compile ``{"*express*": "express"}``; ``ValueError`` names a level there is not.

    The order of the table means nothing, for JSON in the database keeps none: names without a star come first, then the
    most pressing level.
    """
    globs: list[Glob] = []
    for pattern, level in sorted(table.items(), key=_precedence):
        if len(pattern) > LONGEST:
            raise ValueError(
                Text(
                    "the shipping method pattern {pattern} is longer than {most} characters",
                    pattern=repr(pattern[:40]),
                    most=LONGEST,
                )
            )
        if level not in set(ServiceLevel):
            raise ValueError(
                Text(
                    "{level} is not a service level; use one of {levels}",
                    level=repr(level),
                    levels=", ".join(ServiceLevel),
                )
            )
        globs.append((re.compile(translate(pattern.strip().casefold())), ServiceLevel(level)))
    return tuple(globs)


def _precedence(entry: tuple[str, str]) -> tuple[bool, int]:
    pattern, level = entry
    pressing = _MOST_PRESSING.index(ServiceLevel(level)) if level in set(ServiceLevel) else len(_MOST_PRESSING)
    return "*" in pattern, pressing


def find_level(name: str, *tables: tuple[Glob, ...]) -> ServiceLevel | None:
    """The level of the first pattern the whole name matches, asking the tables in order."""
    folded = " ".join(name.split()).casefold()
    for globs in tables:
        for pattern, level in globs:
            if pattern.match(folded):
                return level
    return None
