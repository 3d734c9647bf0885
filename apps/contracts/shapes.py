"""What messages of one kind look like: which paths they have, counted; where one differs from those before it.

Pure. Of a message it keeps the names of its fields, never a value; a key that may say something about somebody is a star.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_PATHS, DEEPEST = 1_500, 6
# From so many messages on it is known what they look like.
KNOWN_AFTER = 20
# Missing in so many in a row; in the share of those before.
IN_A_ROW, NEARLY_ALL, MAPPED_SHARE = 3, 0.98, 0.9
# Counts are halved then, so that what has been so for a while counts as always.
FORGETS_AT = 1_000
_KEY = re.compile(r"(?!.*\d{4})[A-Za-z_][A-Za-z0-9_-]{0,47}\Z")
_ROOT = "."


@dataclass(slots=True)
class Counted:
    """``missing``: messages in a row that could have the path and have not, ``since`` the first of them (its pk)."""

    seen: int = 0
    missing: int = 0
    since: int = 0


@dataclass(slots=True)
class Shape:
    """``paths`` by name; a name that ends in a dot or in ``[]`` counts how often there was an object, or a list of objects."""

    paths: dict[str, Counted] = field(default_factory=dict)

    @classmethod
    def from_json(cls, stored: Mapping[str, list[int]]) -> Shape:
        return cls({path: Counted(*numbers) for path, numbers in stored.items()})

    def to_json(self) -> dict[str, list[int]]:
        return {path: [one.seen, one.missing, one.since] for path, one in self.paths.items()}

    def times(self, path: str) -> int:
        counted = self.paths.get(path)
        return counted.seen if counted else 0

    def learn(self, payload: Mapping[str, Any], pk: int) -> list[str]:
        """Count one message in; the paths that are new although it was known what such messages look like."""
        there = paths_in(payload)
        new = [path for path in there if path not in self.paths and self._is_known(path)]
        for path in there:
            if path in self.paths or len(self.paths) < MOST_PATHS:
                counted = self.paths.setdefault(path, Counted())
                counted.seen, counted.missing, counted.since = counted.seen + 1, 0, 0
        for path, counted in self.paths.items():
            if path not in there and not is_container(path) and container_of(path) in there:
                counted.missing, counted.since = counted.missing + 1, counted.since or pk
        if self.times(_ROOT) >= FORGETS_AT:
            self._forget()
        return new

    def _is_known(self, path: str) -> bool:
        return not is_container(path) and self.times(container_of(path)) >= KNOWN_AFTER

    def _forget(self) -> None:
        for counted in self.paths.values():
            counted.seen = (counted.seen + 1) // 2

    def vanished(self, mapped: frozenset[str]) -> Iterator[tuple[str, Counted, int]]:
        """Paths that nearly all messages had and the last ones have not, with how many could have had it before. Of those that the
        contract reads, a smaller share is enough."""
        for path, counted in self.paths.items():
            could = self.times(container_of(path)) - counted.missing
            share = MAPPED_SHARE if path in mapped else NEARLY_ALL
            if counted.missing >= IN_A_ROW and could >= KNOWN_AFTER and counted.seen >= share * could:
                yield path, counted, could


def is_container(path: str) -> bool:
    return path.endswith((".", "[]"))


def container_of(path: str) -> str:
    """What has to be there for the path to be looked for: ``a.`` for ``a.b``, ``a[]`` for ``a[].b``."""
    before, dot, _name = path.rpartition(".")
    if not dot:
        return _ROOT
    return before if before.endswith("[]") else f"{before}."


def paths_in(payload: Mapping[str, Any]) -> frozenset[str]:
    """Every path that the message has, whatever its value."""
    found: set[str] = {_ROOT}
    _walk(payload, "", found, 0)
    return frozenset(found)


def _walk(record: Mapping[str, Any], base: str, found: set[str], depth: int) -> None:
    for key, value in record.items():
        if len(found) >= MOST_PATHS:
            return
        path = base + (key if _KEY.match(str(key)) else "*")
        found.add(path)
        if depth >= DEEPEST:
            continue
        if isinstance(value, dict) and value:
            found.add(f"{path}.")
            _walk(value, f"{path}.", found, depth + 1)
        elif isinstance(value, list):
            for item in value[:20]:
                if isinstance(item, dict):
                    found.add(f"{path}[]")
                    _walk(item, f"{path}[].", found, depth + 1)
