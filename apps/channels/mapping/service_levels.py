"""Names of shipping methods, by patterns with ``*``, to the service level they promise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import translate

from apps.orders.canonical import ServiceLevel

# A pattern with stars cannot run away: translate() makes each star possessive.
Glob = tuple[re.Pattern[str], ServiceLevel]
LONGEST = 100


def compile_globs(table: Mapping[str, str]) -> tuple[Glob, ...]:
    """Compile ``{"*express*": "express"}`` in its order; ``ValueError`` names a level there is not."""
    globs: list[Glob] = []
    for pattern, level in table.items():
        if len(pattern) > LONGEST:
            raise ValueError(f"the shipping method pattern {pattern[:40]!r} is longer than {LONGEST} characters")
        if level not in set(ServiceLevel):
            raise ValueError(f"{level!r} is not a service level; use one of {', '.join(ServiceLevel)}")
        globs.append((re.compile(translate(pattern.strip().casefold())), ServiceLevel(level)))
    return tuple(globs)


def find_level(name: str, *tables: tuple[Glob, ...]) -> ServiceLevel | None:
    """The level of the first pattern the whole name matches, asking the tables in order."""
    folded = " ".join(name.split()).casefold()
    for globs in tables:
        for pattern, level in globs:
            if pattern.match(folded):
                return level
    return None
