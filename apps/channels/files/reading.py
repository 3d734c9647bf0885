"""Files of orders: recognizing them, reading them whatever wrote them, one order at a time.

Pure. A file is either read whole or refused whole; what is wrong with one order's rows is that order's matter.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from apps.channels.errors import NotACsvFile, UploadRefused
from apps.channels.files.cells import (
    columns_with,
    has_comma_decimals,
    id_columns,
    is_broken,
    is_cut,
    is_total,
    names_none,
    number_columns,
    order_columns,
    plain_number,
)
from apps.channels.files.header import Header, columns_of, find_header, needed_columns, without_marks
from apps.channels.mapping.documents import Document
from apps.core.text import Text

_SUFFIXES = (".csv", ".txt", ".tsv", "")
# How files begin that people upload by mistake.
_MAGIC = (
    (b"PK\x03\x04", Text("it is a spreadsheet or an archive; save it as CSV")),
    (b"\xd0\xcf\x11\xe0", Text("it is a spreadsheet; save it as CSV")),
    (b"%PDF", Text("it is a PDF")),
    (b"\x1f\x8b", Text("it is compressed; unpack it first")),
    (b"\x89PNG", Text("it is an image")),
    (b"\xff\xd8\xff", Text("it is an image")),
    (b"GIF8", Text("it is an image")),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one order. ``numbers``: where each stands in the file, counted as a spreadsheet does. ``faults``: what keeps
    them from being an order at all; ``legible``: whether their cells stand under their columns."""

    key: str
    rows: list[dict[str, str]]
    numbers: list[int]
    faults: list[dict[str, Any]] = field(default_factory=list)
    legible: bool = True


@dataclass(frozen=True, slots=True)
class OrderFile:
    """``key_column`` says which order a row belongs to; ``unused`` are columns that nothing is read from."""

    document: Document
    key_column: str
    unused: list[str]
    groups: list[Group]
    rows: int


def refuse_other_files(name: str, body: bytes) -> None:
    """Raises NotACsvFile for what is plainly something else, whatever its name says."""
    suffix = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    if suffix not in _SUFFIXES:
        raise NotACsvFile(problem=Text("its name ends in {suffix}", suffix=suffix[:12]))
    for magic, problem in _MAGIC:
        if body.startswith(magic):
            raise NotACsvFile(problem=problem)
    head = body[:1024].removeprefix(codecs.BOM_UTF8).lstrip()
    if head.startswith(b"<"):
        raise NotACsvFile(problem=Text("it is a page, an image or a document of markup"))
    if not body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and b"\x00" in body:
        raise NotACsvFile(problem=Text("it holds bytes that are no text"))


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


def read_header(body: bytes, documents: Sequence[Document]) -> Header:
    """Raises UploadRefused where no contract for files reads such columns."""
    return find_header(*without_marks(decode(body)), documents)


def read_file(body: bytes, documents: Sequence[Document]) -> OrderFile:
    """All orders of a file, in the sequence of their first rows. Raises UploadRefused; then nothing of it was read.

    Rows of one order need not stand together. A row without the key is an order of its own, to be refused on its own.
    """
    text, said = without_marks(decode(body))
    header = find_header(text, said, documents)
    document, names, key = header.document, header.names, key_column(header.document)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise UploadRefused(problem=Text("its first row names {columns} twice", columns=", ".join(twice)))
    groups: dict[str, Group] = {}
    count = 0
    for number, cells in _rows(text, header):
        count += 1
        row = {name: _one_line(name, cell) for name, cell in zip(names, cells, strict=False)}
        row.pop("", None)
        name = row.get(key, "").strip()
        alone = not name or is_broken(name) or names_none(name) or is_total(name)
        beside = [row.get(column, "").strip() for column in document.spec.shape.grouped_by]
        group = groups.setdefault(f"\x00{number}" if alone else "\x00".join([name, *beside]), Group(name, [], []))
        group.rows.append(row)
        group.numbers.append(number)
        if any(cell.strip() for cell in cells[len(names) :]):
            group.faults.append(
                error(number, "", _TOO_WIDE, Text("Put text that holds the separator in quotation marks."))
            )
    if not groups:
        raise UploadRefused(problem=Text("it has no rows below the first"))
    known = columns_of(document)
    unused = [name for name in names if name and name not in known]
    found = [replace(group, legible=not group.faults) for group in groups.values()]
    read_cells(found, document, key)
    return OrderFile(document, key, unused, found, count)


def _one_line(name: str, cell: str) -> str:
    """A break within a cell is a space, as on a label; a note may have lines."""
    return " ".join(cell.split()) if name != "note" and ("\n" in cell or "\r" in cell) else cell


def key_column(document: Document) -> str:
    """The column by which rows belong to one order: the first that the contract's shape names."""
    return needed_columns(document)[0]


def _rows(text: str, header: Header) -> Iterator[tuple[int, list[str]]]:
    """Those below the header; blank ones are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=header.delimiter, strict=True)
    number = 0
    try:
        for cells in reader:
            number += 1
            if number > header.row and any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as problem:
        raise UploadRefused(
            problem=Text(
                "at row {row}: {problem}; a quotation mark is not closed or stands alone",
                row=number + 1,
                problem=problem,
            )
        ) from None


def read_cells(groups: Sequence[Group], document: Document, key: str) -> None:
    """Numbers as people write them become plain ones; what can't be an order's rows is noted in its faults."""
    numeric, currency = number_columns(document), next(iter(columns_with(document, targets=("currency",))), "")
    legible = [group for group in groups if group.legible]
    comma = has_comma_decimals(row.get(name, "") for group in legible for row in group.rows for name in numeric)
    ids, once, needed = id_columns(document), order_columns(document), needed_columns(document)
    for group in legible:
        for row in group.rows:
            for name in numeric:
                cell = row.get(name)
                if cell and not cell.isdigit():
                    row[name] = plain_number(cell, row.get(currency, ""), comma)
        group.faults.extend(_faults_of_key(group, key, needed))
        group.faults.extend(_faults_of_ids(group, ids))
        if len(group.rows) > 1:
            group.faults.extend(_faults_of_customers(group, key, once))


def _faults_of_key(group: Group, key: str, needed: Sequence[str]) -> Iterator[dict[str, Any]]:
    at = group.numbers[0]
    if is_cut(group.key):
        for number in group.numbers:
            yield error(number, key, _CUT, _AS_TEXT)
    elif is_broken(group.key) or names_none(group.key):
        yield error(at, key, _NO_ORDER, _PUT_ID)
    elif is_total(group.key):
        empty = not any(row.get(name, "").strip() for row in group.rows for name in needed[1:2])
        said = Text("is a row of totals, not an order") if empty else _NO_ORDER
        yield error(at, key, said, Text("Leave the row out.") if empty else _PUT_ID)


def _faults_of_ids(group: Group, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    for number, row in zip(group.numbers, group.rows, strict=True):
        for name in columns:
            if is_cut(row.get(name, "")):
                yield error(number, name, _CUT, _AS_TEXT)
            elif is_broken(row.get(name, "")):
                yield error(number, name, Text("is a spreadsheet's error, not a value"), Text("Correct the cell."))


def _faults_of_customers(group: Group, key: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Rows of two customers, or for two addresses, under one id are never one order. What stands empty says nothing."""
    for name in columns:
        first, said = 0, ""
        for number, row in zip(group.numbers, group.rows, strict=True):
            word = " ".join(row.get(name, "").casefold().split())
            if word and said and word != said:
                problem = Text(
                    "differs from row {row} under the same {column}: one order has one customer and one address",
                    row=first,
                    column=key,
                )
                yield error(number, name, problem, Text("Give each order an id of its own, or make the rows agree."))
            elif word and not said:
                first, said = number, word


_TOO_WIDE = Text("the row has more cells than the first row has columns")
_NO_ORDER, _PUT_ID = Text("names no order"), Text("Put the order's id in.")
_CUT = Text("was cut by a spreadsheet to a number like 1.23E+12; the digits behind it are lost")
_AS_TEXT = Text("Format the column as text in the spreadsheet, export the orders again.")


def error(row: int, column: str, problem: str, what_to_do: str) -> dict[str, Any]:
    return {"row": row, "column": column, "problem": problem, "what_to_do": what_to_do}
