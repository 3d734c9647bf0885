"""What messages of one kind look like: which paths they have, counted, and of which JSON type; where one differs from those before it.

Pure. Of a message it keeps the names of its fields, never a value; a key that may say something about somebody is a star.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, field
from typing import Any

MOST_PATHS, DEEPEST = 1_500, 6
# From so many messages on it is known what they look like.
KNOWN_AFTER = 20
# Missing in so many in a row; in the share of those before.
IN_A_ROW, NEARLY_ALL, MAPPED_SHARE = 3, 0.98, 0.9
# Counts are halved then, so that what has been so for a while counts as always.
FORGETS_AT = 1_000
# A path of several types: any is as good as another.
MIXED = "mixed"
_KEY = re.compile(r"(?!.*\d{4})[A-Za-z_][A-Za-z0-9_-]{0,47}\Z")
_ROOT = "."


# By path, of which JSON types it is in one message.
Types = Mapping[str, frozenset[str]]


@dataclass(slots=True)
class Counted:
    """``missing``: messages in a row that could have the path and have not, ``since`` the first of them (its pk).

    ``type``: the JSON type it was of, ``typed`` times; ``odd``: messages in a row in which it is of another.
    """

    seen: int = 0
    missing: int = 0
    since: int = 0
    type: str = ""
    typed: int = 0
    odd: int = 0

    def note(self, types: frozenset[str]) -> None:
        """Count the message's types of the path in. Once it is known of which type it is, that stays."""
        if not types or self.type == MIXED:
            return
        if not self.type or types == {self.type}:
            self.type, self.typed, self.odd = (next(iter(types)) if len(types) == 1 else MIXED), self.typed + 1, 0
        elif self.typed < KNOWN_AFTER:
            self.type = MIXED
        else:
            self.odd += 1

    def strangers(self, types: frozenset[str]) -> frozenset[str]:
        return types - {self.type} if self.type != MIXED and self.typed >= KNOWN_AFTER else frozenset()


@dataclass(slots=True)
class Shape:
    """``paths`` by name; a name that ends in a dot or in ``[]`` counts how often there was an object, or a list of objects."""

    paths: dict[str, Counted] = field(default_factory=dict)

    @classmethod
    def from_json(cls, stored: Mapping[str, list[Any]]) -> Shape:
        return cls({path: Counted(*said) for path, said in stored.items()})

    def to_json(self) -> dict[str, list[Any]]:
        return {path: list(astuple(one)) for path, one in self.paths.items()}

    def times(self, path: str) -> int:
        counted = self.paths.get(path)
        return counted.seen if counted else 0

    def retyped(self, there: Types) -> Iterator[tuple[str, str, str]]:
        """Paths of a message of another type than they always were, with that and the one they are of now."""
        for path, types in there.items():
            counted = self.paths.get(path, Counted())
            for now in sorted(counted.strangers(types)):
                yield path, counted.type, now

    def learn(self, there: Types, pk: int) -> list[str]:
        """Count one message in; the paths that are new although it was known what such messages look like."""
        new = [path for path in there if path not in self.paths and self._is_known(path)]
        for path, types in there.items():
            if path in self.paths or len(self.paths) < MOST_PATHS:
                counted = self.paths.setdefault(path, Counted())
                counted.seen, counted.missing, counted.since = counted.seen + 1, 0, 0
                counted.note(types)
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


def paths_in(payload: Mapping[str, Any]) -> Types:
    """Every path that the message has, whatever its value, with the JSON types of what stands there: several where it is one of the
    items of a list. Null, and what is empty, are of no type: some systems write an empty object as an empty list."""
    found: dict[str, set[str]] = {_ROOT: set()}
    _walk(payload, "", found, 0)
    return {path: frozenset(types) for path, types in found.items()}


def _walk(record: Mapping[str, Any], base: str, found: dict[str, set[str]], depth: int) -> None:
    for key, value in record.items():
        if len(found) >= MOST_PATHS:
            return
        path = base + (key if _KEY.match(str(key)) else "*")
        found.setdefault(path, set()).update(_types(value))
        if depth >= DEEPEST:
            continue
        if isinstance(value, dict) and value:
            found.setdefault(f"{path}.", set())
            _walk(value, f"{path}.", found, depth + 1)
        elif isinstance(value, list):
            for item in value[:20]:
                if isinstance(item, dict):
                    found.setdefault(f"{path}[]", set())
                    _walk(item, f"{path}[].", found, depth + 1)


def _types(value: Any) -> tuple[str, ...]:
    if value is None or (isinstance(value, dict | list) and not value):
        return ()
    # True and false are numbers to Python.
    names = ((bool, "boolean"), (str, "string"), (dict, "object"), (list, "array"))
    return (next((name for kind, name in names if isinstance(value, kind)), "number"),)
