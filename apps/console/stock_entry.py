"""What somebody scanned, typed or uploaded about stock, as rows: a line is a SKU and how many."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.channels.csv_files import decode
from apps.inventory.services import WorkRow
from apps.inventory.services.working import MOST_ROWS

_MARKS = ("\t", ";", ",")
_NAMES = {
    "sku": ("sku", "code", "article", "item"),
    "units": ("units", "quantity", "qty", "count", "counted", "on_hand"),
    "node": ("node", "location", "from"),
    "to_node": ("to", "to_node", "to_location"),
}
_WHOLE = re.compile(r"[+-]?\d{1,10}")


@dataclass(slots=True)
class Entry:
    """The rows that can be read, and what is wrong with the others, each naming its line."""

    rows: list[WorkRow] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_entry(text: str, file: bytes | None, *, node: str, to_node: str) -> Entry:
    """``node``, ``to_node``: what counts where a line does not name its own. Lines of a scanner, a SKU each, count as 1."""
    entry = Entry()
    if file:
        _read_lines(decode(file), entry, node, to_node)
    _read_lines(text, entry, node, to_node)
    if len(entry.rows) > MOST_ROWS:
        entry.problems.append(f"{MOST_ROWS:,} lines are the most at a time; the rest was left out.")
        del entry.rows[MOST_ROWS:]
    return entry


def _read_lines(text: str, entry: Entry, node: str, to_node: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")
    mark = next((mark for mark in _MARKS if any(mark in line for line in lines[:5])), "")
    names: dict[str, int] | None = None
    for number, line in enumerate(lines, 1):
        cells = _cells(line, mark)
        if not any(cells):
            continue
        if names is None:
            names = _header(cells)
            if names:
                continue
        _read_row(number, cells, names or {"sku": 0, "units": 1}, entry, (node, to_node))


def _cells(line: str, mark: str) -> list[str]:
    if mark:
        return [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=mark), [])]
    sku, _, units = line.strip().rpartition(" ")
    return [sku.strip(), units] if sku and _WHOLE.fullmatch(units) else [line.strip()]


def _header(cells: Sequence[str]) -> dict[str, int]:
    """Where each column is, if this line names columns; empty where it is a line like the others."""
    plain = [cell.lower().replace(" ", "_") for cell in cells]
    found = {name: plain.index(word) for name, words in _NAMES.items() for word in words[::-1] if word in plain}
    return found if "sku" in found and len(plain) > 1 else {}


def _read_row(number: int, cells: Sequence[str], names: dict[str, int], entry: Entry, places: tuple[str, str]) -> None:
    said = {name: cells[at] if at < len(cells) else "" for name, at in names.items()}
    units = said.get("units", "")
    if not said["sku"]:
        entry.problems.append(f"Line {number}: the SKU is missing.")
    elif units and not _WHOLE.fullmatch(units):
        entry.problems.append(f"Line {number}: {said['sku'][:40]} has “{units[:20]}”, which is not a whole number.")
    else:
        node, to_node = said.get("node") or places[0], said.get("to_node") or places[1]
        entry.rows.append(WorkRow(node, said["sku"][:128], int(units or "1"), to_node, number))


def as_text(rows: Sequence[WorkRow]) -> str:
    """The rows in a form that ``read_entry`` reads back, for the form that books what was shown."""
    kept = io.StringIO()
    writer = csv.writer(kept, delimiter="\t", lineterminator="\n")
    writer.writerow(["sku", "units", "node", "to"])
    writer.writerows([row.sku, row.units, row.node, row.to_node] for row in rows)
    return kept.getvalue()
