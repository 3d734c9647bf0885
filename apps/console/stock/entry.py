"""What somebody scanned, typed or uploaded about stock, as rows: a line is a SKU and how many."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.channels.errors import NotACsvFile
from apps.channels.files.reading import decode, refuse_other_files
from apps.console.refusals import refusal_text
from apps.inventory.services import WorkRow
from apps.inventory.services.working import MOST_ROWS
from apps.ui.language import translated
from apps.ui.locale import number

_MARKS = ("\t", ";", ",")
_NAMES = {
    "sku": ("sku", "code", "article", "item"),
    "units": ("units", "quantity", "qty", "count", "counted", "on_hand"),
    "node": ("node", "location", "from"),
    "to_node": ("to", "to_node", "to_location"),
}
_WHOLE = re.compile(r"[+-]?\d{1,10}")
_NUMBER = re.compile(r"[+-]?\d[\d.,]*")
_COLUMNS = gettext_noop("Name its columns sku and units, and if you like node and to.")


@dataclass(slots=True)
class Entry:
    """The rows that can be read, and what is wrong with the others, each naming its line."""

    rows: list[WorkRow] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_entry(text: str, file: tuple[str, bytes] | None, *, node: str, to_node: str) -> Entry:
    """``file``: its name and bytes; ``node``, ``to_node``: what counts where a line does not name its own.

    Lines of a scanner, a SKU each, count as 1.
    """
    entry = Entry()
    if file:
        try:
            refuse_other_files(*file)
            _read_file(decode(file[1]).replace("\0", ""), entry, (node, to_node))
        except NotACsvFile as refusal:
            entry.problems.append(refusal_text(refusal))
    _read_typed(text, entry, (node, to_node))
    if len(entry.rows) > MOST_ROWS:
        entry.problems.append(
            _("{count} lines are the most at a time; the rest was left out.").format(count=number(MOST_ROWS))
        )
        del entry.rows[MOST_ROWS:]
    return entry


def _read_file(text: str, entry: Entry, places: tuple[str, str]) -> None:
    """One mark parts the cells of a whole file. It names its columns, or each line is a SKU and how many."""
    lines = _lines(text)
    mark = next((mark for mark in _MARKS if any(mark in line for line in lines[:5])), "")
    rows = [(number, cells) for number, line in enumerate(lines, 1) if any(cells := _cells(line, mark))]
    if rows and "sku" not in _header(rows[0][1]) and not _has_a_number(rows[0][1]):
        said = _("No column of the file is the SKU: there is {columns}.").format(columns=_said(rows[0][1]))
        entry.problems.append(f"{said} {translated(_COLUMNS)}")
        return
    _read_rows(rows, entry, places)


def _read_typed(text: str, entry: Entry, places: tuple[str, str]) -> None:
    """What was typed, scanned and pasted may stand together: each line has its own mark."""
    marked = [(line, next((mark for mark in _MARKS if mark in line), "")) for line in _lines(text)]
    rows = [(number, cells) for number, (line, mark) in enumerate(marked, 1) if any(cells := _cells(line, mark))]
    _read_rows(rows, entry, places)


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")


def _cells(line: str, mark: str) -> list[str]:
    if mark:
        return [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=mark), [])]
    sku, _space, units = line.strip().rpartition(" ")
    return [sku.strip(), units] if sku and _NUMBER.fullmatch(units) else [line.strip()]


def _read_rows(rows: list[tuple[int, list[str]]], entry: Entry, places: tuple[str, str]) -> None:
    names = _header(rows[0][1]) if rows else {}
    if "sku" not in names:
        names = {"sku": 0, "units": 1}
    elif "units" not in names and len(rows[0][1]) > 1:
        # A list of SKUs alone is a scanner's, one unit each. Beside other columns nothing says that it is.
        said = _("No column says how many units: there is {columns}.").format(columns=_said(rows[0][1]))
        entry.problems.append(f"{said} {translated(_COLUMNS)}")
        return
    else:
        rows = rows[1:]
    for line, cells in rows:
        _read_row(line, cells, names, entry, places)


def _header(cells: Sequence[str]) -> dict[str, int]:
    """Where each column is that this line names."""
    plain = [cell.lower().replace(" ", "_") for cell in cells]
    return {name: plain.index(word) for name, words in _NAMES.items() for word in words[::-1] if word in plain}


def _has_a_number(cells: Sequence[str]) -> bool:
    """Whether it may be a line like the others: a SKU alone, or one with how many."""
    return len(cells) == 1 or any(_NUMBER.fullmatch(cell) for cell in cells[1:])


def _said(cells: Sequence[str]) -> str:
    return ", ".join(cell for cell in cells if cell)[:120]


def _read_row(line: int, cells: Sequence[str], names: dict[str, int], entry: Entry, places: tuple[str, str]) -> None:
    said = {name: cells[at] if at < len(cells) else "" for name, at in names.items()}
    units = said.get("units", "")
    node, to_node = said.get("node") or places[0], said.get("to_node") or places[1]
    if not said["sku"]:
        entry.problems.append(_("Line {number}: the SKU is missing.").format(number=line))
    elif units and not _WHOLE.fullmatch(units):
        wrong = _("Line {number}: {sku} has “{text}”, which is not a whole number.")
        entry.problems.append(wrong.format(number=line, sku=said["sku"][:40], text=units[:20]))
    elif not node:
        placeless = _("Line {number}: {sku} has no location; choose one.")
        entry.problems.append(placeless.format(number=line, sku=said["sku"][:40]))
    else:
        entry.rows.append(WorkRow(node, said["sku"][:128], int(units or "1"), to_node, line))


def as_text(rows: Sequence[WorkRow]) -> str:
    """The rows in a form that ``read_entry`` reads back, for the form that books what was shown."""
    kept = io.StringIO()
    writer = csv.writer(kept, delimiter="\t", lineterminator="\n")
    writer.writerow(["sku", "units", "node", "to"])
    writer.writerows([row.sku, row.units, row.node, row.to_node] for row in rows)
    return kept.getvalue()
