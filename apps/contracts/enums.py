"""Which fields of a contract take only words it knows, and the words a message has there that it does not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.channels.mapping.documents import Document
from apps.channels.mapping.paths import Path
from apps.channels.mapping.schema import FieldRule
from apps.channels.mapping.scope import fold_keys, is_empty

NOT_A_WORD = "(not a word)"
_WORD = re.compile(r"(?!.*\d{7})[\w .:/+-]{1,40}\Z")


@dataclass(frozen=True, slots=True)
class Enum:
    """``within``: the list of records its paths start at, None for the message; the first path that says something counts."""

    paths: tuple[Path, ...]
    within: Path | None
    words: frozenset[str]

    @property
    def name(self) -> str:
        start = f"{self.within.text}[]." if self.within else ""
        return start + self.paths[0].text

    def strangers(self, payload: Any) -> Iterator[str]:
        """The words that are not known, without what is no word: it may say something about somebody."""
        records = [payload] if self.within is None else self.within.read(payload)
        for record in records if isinstance(records, list) else ():
            value = next((one for path in self.paths if not is_empty(one := path.read(record))), None)
            if value is None or isinstance(value, (dict, list)):
                continue
            word = str(value).strip()
            if word.casefold() not in self.words:
                yield word if _WORD.match(word) else NOT_A_WORD


def enums_of(document: Document, own: Mapping[str, Mapping[str, str]]) -> list[Enum]:
    """``own``: the channel's own tables of words, by name."""
    found = [*_looked_up(document, document.spec.fields, None, own)]
    found += _looked_up(document, document.spec.lines.fields, document.lines.read, own)
    found += [Enum((guard.path,), None, words) for guard, words in document.guards if words]
    return found


def _looked_up(
    document: Document, rules: Iterable[FieldRule], within: Path | None, own: Mapping[str, Mapping[str, str]]
) -> Iterator[Enum]:
    for rule in rules:
        paths = tuple(path for path in rule.sources if not path.base and not path.many)
        for step in rule.transforms:
            if step.name == "lookup" and paths:
                table = str(step.args.get("table"))
                known = {*document.tables.get(table, {}), *fold_keys(own.get(table, {})), *_silent(rule)}
                yield Enum(paths, within, frozenset(known))


def _silent(rule: FieldRule) -> set[str]:
    """Words that are taken for nothing."""
    steps = (step for step in rule.transforms if step.name == "nothing_if")
    return {str(word).casefold() for step in steps for word in step.args.get("words", ())}


def mapped_paths(document: Document) -> frozenset[str]:
    """The paths that the contract's rows read, as shapes name them."""
    order = {path.text for rule in document.spec.fields for path in rule.sources if not path.base}
    start = document.spec.lines.source.text
    lines = {f"{start}.{path.text}" for rule in document.spec.lines.fields for path in rule.sources if not path.base}
    return frozenset(re.sub(r"\[[^\]]*\]", "[]", path) for path in order | lines)
