"""Finding the row that names a file's columns, whatever stands above it and however the file is divided. Pure."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from apps.channels.errors import UploadRefused
from apps.channels.mapping.documents import Document
from apps.channels.mapping.paths import parse_path
from apps.core.text import Text

DELIMITERS = (",", ";", "\t", "|")
# How far down a title or a note may push it.
ROWS_LOOKED_AT = 20
_SEP = re.compile('\\s*"?sep=(.)"?[ \t,;]*(?:\r\n|\r|\n)', re.IGNORECASE)
# Below these names a document holds words, not the places values are read from: a target called customer.email says
# nothing of a column called email.
_WORDS = frozenset(
    {
        "contract", "channel_kind", "title", "description", "topics", "tables", "target", "note", "name", "reason", "none_left_reason",
        "default", "when_missing", "when_invalid", "value", "test", "then", "to", "table", "zone", "formats", "case", "only",
        "country_target", "unit",
        "when_none_left",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """``names`` as the contract calls the columns; ``row``: where it stands, counted as a spreadsheet does."""

    document: Document
    names: list[str]
    delimiter: str
    row: int


def without_marks(text: str) -> tuple[str, str]:
    """The text without byte order marks and Excel's line that names the delimiter; and that delimiter, or nothing."""
    text = text.lstrip("\ufeff")
    found = _SEP.match(text)
    return (text[found.end() :], found[1]) if found else (text, "")


def find_header(text: str, delimiter: str, documents: Sequence[Document]) -> Header:
    """Raises UploadRefused where no row of the first ones has the columns of a contract for files."""
    marks = (delimiter, *DELIMITERS) if delimiter else DELIMITERS
    looked = [(mark, number, cells) for mark in marks for number, cells in islice(_cells(text, mark), ROWS_LOOKED_AT)]
    for mark, number, cells in sorted(looked, key=lambda one: one[1]):
        for document in documents:
            names = _named(cells, document)
            if not missing_columns(document, names):
                return Header(document, names, mark, number)
    raise UploadRefused(problem=_what_is_missing([cells for _, _, cells in looked], documents))


def _cells(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    try:
        for number, cells in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), start=1
        ):
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error:
        return


def _named(cells: Sequence[str], document: Document) -> list[str]:
    known = {_folded(name): name for name in columns_of(document)}
    return [known.get(_folded(cell), cell.strip()) for cell in cells]


def _folded(name: str) -> str:
    return re.sub(r"[\s_\-]+", "", unicodedata.normalize("NFKC", name).casefold())


def missing_columns(document: Document, names: Sequence[str]) -> list[str]:
    return [name for name in needed_columns(document) if name not in names]


def needed_columns(document: Document) -> list[str]:
    """The columns a contract's shape asks for: ``rows[0].order_id`` is the column order_id."""
    return [text.partition("rows[0].")[2] for path in document.has_all if (text := path.text).startswith("rows[0].")]


def _what_is_missing(rows: Sequence[Sequence[str]], documents: Sequence[Document]) -> str:
    """Of the contract the file comes closest to; of each, where it has no column of any."""
    if not documents:
        return Text("no contract for files is active")
    tried = [(document, names) for cells in rows for document in documents if (names := _named(cells, document))]
    hits = [(len(set(names) & set(columns_of(document))), document, names) for document, names in tried]
    most, closest, names = max(hits, key=lambda one: one[0], default=(0, documents[0], []))
    if most:
        missing = ", ".join(missing_columns(closest, names))
        return Text(
            "its first row lacks the columns {columns} of {contract}", columns=missing, contract=closest.contract
        )
    asked = [
        Text("{columns} of {contract}", columns=", ".join(needed_columns(one)), contract=one.contract)
        for one in sorted(documents, key=lambda d: d.contract)
    ]
    return Text("its first row lacks the columns of any contract: {asked}", asked=Text.joined("; ", asked))


def columns_of(document: Document) -> set[str]:
    """Columns that a path of the contract leads to: a source, a condition, or what a step looks at."""
    return {column for text in _paths(document.raw) if (column := _column_of(text))}


def _paths(raw: object) -> Iterator[str]:
    if isinstance(raw, dict):
        for key, value in raw.items():
            if key not in _WORDS:
                yield from _paths(value)
    elif isinstance(raw, list):
        for value in raw:
            yield from _paths(value)
    elif isinstance(raw, str):
        yield raw


def _column_of(text: str) -> str:
    """``rows[0].order_id``, ``$.rows[].order_id`` and, for a row in hand, ``order_id`` are the column order_id."""
    try:
        keys = [step for step in parse_path(text).steps if isinstance(step, str)]
    except ValueError:
        return ""
    # The message of an order is its key and its rows; neither is a column.
    keys = keys[1:] if keys[:1] in (["rows"], ["key"]) else keys
    return keys[0] if keys else ""
