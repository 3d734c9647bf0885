"""Files of orders: telling them from what is none, reading them whatever wrote them, one order at a time.

Pure. A file is either read whole or refused whole; what is wrong with one order's rows is that order's matter.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from apps.channels.errors import NotACsvFile, UploadRefused
from apps.channels.mapping.documents import Document
from apps.channels.mapping.paths import parse_path

DELIMITERS = (",", ";", "\t")
_SUFFIXES = (".csv", ".txt", ".tsv", "")
# How files begin that people upload by mistake.
_MAGIC = (
    (b"PK\x03\x04", "it is a spreadsheet or an archive; save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "it is a spreadsheet; save it as CSV"),
    (b"%PDF", "it is a PDF"),
    (b"\x1f\x8b", "it is compressed; unpack it first"),
    (b"\x89PNG", "it is an image"),
    (b"\xff\xd8\xff", "it is an image"),
    (b"GIF8", "it is an image"),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one order. ``numbers``: where each stands in the file, the header being row 1. ``too_wide``: rows with
    more cells than the header has columns, so that nobody can say which cell is what."""

    key: str
    rows: list[dict[str, str]]
    numbers: list[int]
    too_wide: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OrderFile:
    """``key_column`` says which order a row belongs to; ``unused`` are columns that nothing is read from."""

    key_column: str
    unused: list[str]
    groups: list[Group]
    rows: int


def refuse_other_files(name: str, body: bytes) -> None:
    """Raises NotACsvFile for what is plainly something else, whatever its name says."""
    suffix = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    if suffix not in _SUFFIXES:
        raise NotACsvFile(problem=f"its name ends in {suffix[:12]}")
    for magic, problem in _MAGIC:
        if body.startswith(magic):
            raise NotACsvFile(problem=problem)
    head = body[:1024].removeprefix(codecs.BOM_UTF8).lstrip()
    if head.startswith(b"<"):
        raise NotACsvFile(problem="it is a page, an image or a document of markup")
    if not body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and b"\x00" in body:
        raise NotACsvFile(problem="it holds bytes that are no text")


def read_header(body: bytes, documents: Sequence[Document]) -> tuple[list[str], str]:
    """The column names and the delimiter. Raises UploadRefused where no contract for files reads such columns."""
    line = decode(body).lstrip("\r\n").partition("\n")[0].rstrip("\r")
    found = [(names, mark) for mark in DELIMITERS if (names := _names(line, mark))]
    for names, mark in found:
        if document_for(names, documents) is not None:
            return names, mark
    raise UploadRefused(problem=_what_is_missing(found[0][0] if found else [], documents))


def _names(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter, strict=True), [])]
    except csv.Error:
        return []


def document_for(names: Sequence[str], documents: Sequence[Document]) -> Document | None:
    """The contract that reads rows with these columns."""
    return next((one for one in documents if not _missing(one, names)), None)


def _missing(document: Document, names: Sequence[str]) -> list[str]:
    return [name for name in _needed(document) if name not in names]


def _needed(document: Document) -> list[str]:
    """The columns a contract's shape asks for: ``rows[0].order_id`` is the column order_id."""
    return [text.partition("rows[0].")[2] for path in document.has_all if (text := path.text).startswith("rows[0].")]


def key_column(document: Document) -> str:
    """The column by which rows belong to one order: the first that the contract's shape names."""
    return _needed(document)[0]


def _what_is_missing(names: Sequence[str], documents: Sequence[Document]) -> str:
    if not documents:
        return "no contract for files is active"
    closest = min(documents, key=lambda one: len(_missing(one, names)))
    return f"its first row lacks the columns {', '.join(_missing(closest, names))}"


def decode(body: bytes) -> str:
    """By its mark, else UTF-8, else as Windows and old exports write. Never fails."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, errors="replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return body.decode("cp1252")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def read_file(body: bytes, documents: Sequence[Document]) -> OrderFile:
    """All orders of a file, in the sequence of their first rows. Raises UploadRefused; then nothing of it was read.

    Rows of one order need not stand together. A row without the key is an order by itself, to be refused by itself.
    """
    names, mark = read_header(body, documents)
    document = document_for(names, documents)
    assert document is not None
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise UploadRefused(problem=f"its first row names {', '.join(twice)} twice")
    key = key_column(document)
    groups: dict[str, Group] = {}
    count = 0
    for number, cells in _rows(decode(body), mark):
        count += 1
        row = dict(zip(names, cells, strict=False))
        row.pop("", None)
        name = row.get(key, "").strip()
        group = groups.setdefault(name or f"\x00{number}", Group(name, [], []))
        group.rows.append(row)
        group.numbers.append(number)
        if any(cell.strip() for cell in cells[len(names) :]):
            group.too_wide.append(number)
    if not groups:
        raise UploadRefused(problem="it has no rows below the first")
    return OrderFile(key, _unused(names, document), list(groups.values()), count)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Row numbers count rows as a spreadsheet shows them, from 1; blank rows are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number, header_seen = 0, False
    try:
        for cells in reader:
            number += 1
            if not any(cell.strip() for cell in cells):
                continue
            if header_seen:
                yield number, cells
            header_seen = True
    except csv.Error as error:
        raise UploadRefused(
            problem=f"at row {number + 1}: {error}; a quotation mark is not closed or stands alone"
        ) from None


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


def _unused(names: Sequence[str], document: Document) -> list[str]:
    """Columns that no path of the contract leads to: neither a source, nor a condition, nor what a step looks at."""
    columns = {column for text in _paths(document.raw) if (column := _column_of(text))}
    return [name for name in names if name and name not in columns]


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


# A cell that begins with one of these is a formula to a spreadsheet, whoever wrote it.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: object) -> str:
    """The cell's text, with an apostrophe before what a spreadsheet would run."""
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULAS) else text
