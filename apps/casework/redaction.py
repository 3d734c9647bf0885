"""What somebody limited to places reads of the others: that there is another location, not which, and no figures of it.

One rule for pages, API, notices, mails and exports; ``visibility`` says which rows are seen at all.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import escape, unescape
from io import StringIO
from typing import Any

from apps.core.process_cache import get_or_load
from apps.network.models import Node

ELSEWHERE = "another location"
HIDDEN = "…"
_SENTENCES = re.compile(r"((?<=[.;!?])\s+)")
# Not those of an order's number or an id.
_FIGURES = re.compile(r"(?<![#\w-])[£$€¥]?\s?\d(?:[\d,.:]*\d)?(?:\s?%)?")
# The keys under which answers say which place something is about.
_PLACES = ("node", "site", "nodes", "sites", "from_node", "to_node", "code", "name", "node_name", "location")
# Where a town may have the name of a place of ours.
_SOMEBODYS = frozenset({"ship_to", "bill_to", "customer", "contact", "address"})


@dataclass(frozen=True)
class Redaction:
    """``foreign``: codes and names of places that are not the reader's; ``own``: those that are. Empty: nothing is hidden."""

    foreign: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    # As they are written: "Großmarkt" is folded to "grossmarkt", which nobody wrote.
    spelled: frozenset[str] = frozenset()

    @property
    def active(self) -> bool:
        return bool(self.foreign)

    @cached_property
    def _said(self) -> re.Pattern[str]:
        # The longest first, so that "Leeds North" is not read as "Leeds"; one's own names are left as they are.
        words = sorted({*self.foreign, *self.own, *self.spelled}, key=len, reverse=True)
        return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?![\w-])", re.IGNORECASE)

    def is_foreign(self, text: object) -> bool:
        return isinstance(text, str) and text.casefold() in self.foreign and text.casefold() not in self.own

    def names(self, text: str) -> str:
        """The text without the names and codes of others."""
        if not self.active:
            return text
        return self._said.sub(lambda found: ELSEWHERE if self.is_foreign(found[0]) else found[0], text)

    def text(self, text: str) -> str:
        """The same, and without the figures of every sentence that speaks of another place."""
        if not self.active or self.names(text) == text:
            return text
        return "".join(self._sentence(part) for part in _SENTENCES.split(text))

    def _sentence(self, part: str) -> str:
        redacted = self.names(part)
        return part if redacted == part else _FIGURES.sub(HIDDEN, redacted)

    def plain(self, value: Any, *, hide: bool = False) -> Any:
        """JSON without what is another place's: its names in words, its figures null. ``hide``: all of it is another's."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            hide = hide or any(self.has_others(value.get(key)) for key in _PLACES)
            return {
                ELSEWHERE if self.is_foreign(key) else key: one
                if key in _SOMEBODYS
                else self.plain(one, hide=hide or self.is_foreign(key))
                for key, one in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.plain(one, hide=hide) for one in value]
        is_figure = isinstance(value, int | float) and not isinstance(value, bool)
        return None if hide and is_figure else value

    def has_others(self, value: object) -> bool:
        """Whether this names another place, or is a list in which one stands."""
        return self.is_foreign(value) or (isinstance(value, list | tuple) and any(map(self.is_foreign, value)))

    def lines(self, chunks: Iterator[Any]) -> Iterator[bytes]:
        """A CSV file, a row at a time: each cell is a text of its own."""
        for chunk in chunks:
            line = chunk.decode() if isinstance(chunk, bytes) else chunk
            buffer = StringIO()
            rows = list(csv.reader(StringIO(line, newline="")))
            redacted = [[self.text(cell) for cell in row] for row in rows]
            csv.writer(buffer).writerows(redacted)
            # What holds nothing of others goes as it came, the mark at the file's start among it.
            yield (line if redacted == rows else buffer.getvalue()).encode()

    def page(self, html: str) -> str:
        """A page: what is read, and what is read aloud of it. Addresses and values that are sent are the page's own matter."""
        return "".join(self._tag(part) if part.startswith("<") else self._written(part) for part in _TAGS.split(html))

    def _tag(self, tag: str) -> str:
        return _ATTRIBUTES.sub(lambda found: f'{found[1]}"{self._written(found[2])}"', tag)

    def _written(self, part: str) -> str:
        """``text`` of what is escaped: "King's Cross" stands on a page as "King&#39;s Cross"."""
        plain = unescape(part)
        redacted = self.text(plain)
        return part if redacted == plain else escape(redacted)


_TAGS = re.compile(r"(<script\b.*?</script>|<style\b.*?</style>|<[^>]*>)", re.DOTALL | re.IGNORECASE)
_ATTRIBUTES = re.compile(r'(\s(?:title|aria-label|alt|placeholder|data-[\w-]+)=)"([^"]*)"')
NOTHING = Redaction()


def redaction_for(nodes: Collection[str]) -> Redaction:
    """For somebody limited to ``nodes``; empty: for whom nothing is hidden."""
    return _redaction(frozenset(nodes), _places()) if nodes else NOTHING


def _places() -> tuple[tuple[str, str], ...]:
    """(code, name) of every place, at most a second old."""
    return get_or_load("casework", "places", lambda: tuple(Node.objects.order_by("pk").values_list("code", "name")))


@lru_cache(maxsize=256)
def _redaction(nodes: frozenset[str], places: tuple[tuple[str, str], ...]) -> Redaction:
    own = {word.casefold() for code, name in places if code in nodes for word in (code, name) if word}
    foreign = {word.casefold() for code, name in places if code not in nodes for word in (code, name) if word}
    spelled = {word for place in places for word in place if word}
    return Redaction(frozenset(foreign - own), frozenset(own), frozenset(spelled))
