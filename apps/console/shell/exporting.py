"""Lists as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from io import StringIO

from django.db.models import QuerySet

from apps.console.orders.listing import OrderRow, rows_of
from apps.core import keyset
from apps.core.money import exponent
from apps.core.spreadsheets import safe_cell
from apps.orders.models import Order

CHUNK = 1_000
MOST = 100_000
ORDER_COLUMNS = (
    "order", "number", "external_id", "channel", "state", "placed_at", "in_state_since", "currency", "total",
    "payment", "service_level", "customer", "ship_to", "lines", "units", "holds", "exceptions", "nodes",
)  # fmt: skip


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """One line at a time, numbers as they are, text made safe."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    for row in rows:
        yield _taken(buffer)
        writer.writerow([cell if isinstance(cell, int) else safe_cell(cell) for cell in row])
    yield _taken(buffer)


def marked(lines: Iterator[str]) -> Iterator[str]:
    """With the mark at the start by which a spreadsheet knows that this is UTF-8."""
    yield "\ufeff"
    yield from lines


def _taken(buffer: StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def order_cells(orders: QuerySet[Order]) -> Iterator[list[object]]:
    """Orders newest first."""
    for chunk in keyset.chunks(orders, keyset.NEWEST_FIRST, size=CHUNK, most=MOST):
        for row in rows_of(chunk):
            yield _order_cells(row)


def _order_cells(row: OrderRow) -> list[object]:
    order = row.order
    return [
        order.public_id, order.external_number, order.external_id, order.channel, order.state, iso(order.placed_at),
        iso(order.entered_state_at), order.currency, amount(order.total_minor, order.currency), order.payment_state,
        order.service_level, row.customer, row.place, row.lines, row.units, " ".join(row.holds), " ".join(row.cases),
        "; ".join(row.nodes),
    ]  # fmt: skip


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def amount(minor: int, currency: str) -> str:
    """Major units with a point; a total is never negative, so it never looks like a formula."""
    return f"{Decimal(minor).scaleb(-exponent(currency)):f}"
