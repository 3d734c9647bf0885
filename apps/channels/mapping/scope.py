"""What a rule may look at while it is applied, and the ways a transform says no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.channels.mapping.paths import Path
from apps.channels.mapping.service_levels import Glob, compile_globs
from apps.core.text import Text

# Stands for a character that could not be kept.
REPLACEMENT = "\ufffd"
# The code of a doubt about a value that is there and can't be read.
UNREADABLE = "unreadable"


class CannotConvert(Exception):
    """A value that a transform or check does not accept. Both sentences are for a person; no personal data in them."""

    def __init__(self, problem: str, what_to_do: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.what_to_do = what_to_do


class Blocked(Exception):
    """This value depends on another that is missing; that one is already reported, so this one stays silent."""


@dataclass(frozen=True)
class MappingContext:
    """What a channel's own settings add to a document. Build it once per channel, not per message.

    ``sku_aliases``: the channel's SKU to ours. ``default_currency`` (ISO 4217) and ``default_country`` (alpha-2) fill
    gaps. ``shipping_methods``: name pattern with ``*`` to service level, first match wins, ahead of the document's.
    ``tables``: the channel's own words by table name, ahead of the document's. Keys are matched ignoring case.
    ``services``: the fulfillment services that are us; ``locations``: the source's places that are ours, empty for all.
    """

    sku_aliases: Mapping[str, str] = field(default_factory=dict)
    default_currency: str = ""
    default_country: str = ""
    shipping_methods: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    services: frozenset[str] = frozenset({"manual"})
    locations: frozenset[str] = frozenset()
    method_globs: tuple[Glob, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "sku_aliases", fold_keys(self.sku_aliases))
        object.__setattr__(self, "tables", {name: fold_keys(table) for name, table in self.tables.items()})
        object.__setattr__(self, "method_globs", compile_globs(self.shipping_methods))


def fold_keys(table: Mapping[str, str]) -> dict[str, str]:
    """The same table, to be asked with ``key.strip().casefold()``."""
    return {key.strip().casefold(): value for key, value in table.items()}


class Scope:
    """One message under the reading of one document. ``record`` is the message itself, or the line in hand."""

    __slots__ = (
        "as_placed",
        "asked",
        "context",
        "currency",
        "globs",
        "limit",
        "line",
        "mapped",
        "notes",
        "position",
        "record",
        "records",
        "root",
        "tables",
    )

    def __init__(
        self, root: Any, context: MappingContext, tables: Mapping[str, Mapping[str, str]], globs: tuple[Glob, ...]
    ) -> None:
        self.root = root
        self.record = root
        self.records: dict[str, Any] = {}
        self.context = context
        self.tables = tables
        self.globs = globs
        self.currency = ""
        self.limit = 0
        self.position = 0
        self.mapped: dict[str, Any] = {}
        # The line in hand as far as it has been read; its quantity comes first.
        self.line: dict[str, Any] = {}
        # Whether lines are read as they were ordered, whatever was taken off since.
        self.as_placed = False
        self.notes: list[str] = []
        self.asked: list[tuple[str, str, str]] = []

    def look(self, path: Path) -> Any:
        """The value at a path; ``None`` where there is none."""
        base = path.base
        if not base:
            return path.read(self.record)
        return path.read(self.root if base == "$" else self.records.get(base))

    def warn(self, message: str) -> None:
        """Say a doubt about the value in hand; the engine adds where it was."""
        self.notes.append(message)

    def hold(self, reason: str, code: str, sentence: str) -> None:
        """Ask for a hold without refusing the value in hand; ``sentence`` holds no personal data."""
        self.asked.append((reason, code, sentence))

    def word(self, table: str, key: str) -> str | None:
        """What a word means in this channel: its own table first, then the document's."""
        own = self.context.tables.get(table)
        if own is not None and key in own:
            return own[key]
        return self.tables.get(table, {}).get(key)

    def need_currency(self) -> str:
        if not self.currency:
            raise Blocked
        return self.currency


def is_empty(value: Any) -> bool:
    """Nothing was said: null, blank text, an empty list or object. Zero and false are something."""
    if value is None:
        return True
    if value:
        return isinstance(value, str) and value.isspace()
    return isinstance(value, (str, list, dict))


_NUMBER = Text("a number")
_KINDS: dict[type, Text] = {
    bool: Text("a yes or no"),
    str: Text("text"),
    int: _NUMBER,
    float: _NUMBER,
    list: Text("a list"),
    dict: Text("an object"),
}


def kind_of(value: Any) -> Text:
    """What sort of value it is, for a sentence that must not quote it."""
    return _KINDS.get(type(value)) or Text("nothing")


def code_text(value: Any) -> str:
    """A short code for a sentence: never more than 40 characters of it, and nothing of what may be a mail address."""
    text = value if isinstance(value, str) and "@" not in value else kind_of(value)
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
