"""The figures of a channel as a CSV file: to be fetched, or written into a folder on a schedule."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

import structlog
from django.conf import settings

from apps.core.spreadsheets import safe_cell
from apps.listings.models import Listing
from apps.listings.services.feeding import feed_channels

log = structlog.get_logger()
_HEADER = ("sku", "external_id", "available", "changed_at")
_BATCH = 2_000


def lines_of(channel_id: int) -> Iterator[str]:
    """The file line by line: every figure, in the sequence of the SKUs."""
    yield _line(_HEADER)
    rows = Listing.objects.filter(channel=channel_id, wanted__isnull=False, sku__isnull=False, active=True)
    found = rows.order_by("sku__code", "pk").values_list("sku__code", "external_id", "wanted", "wanted_at")
    for sku, external_id, available, at in found.iterator(chunk_size=_BATCH):
        yield _line((sku, external_id, available, f"{at:%Y-%m-%dT%H:%M:%SZ}"))


def _line(cells: tuple[object, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([cell if isinstance(cell, int) else safe_cell(cell) for cell in cells])
    return buffer.getvalue()


def write_all() -> int:
    """Write the file of each channel that offers a feed, where a folder is set; returns how many. Whoever reads meanwhile
    reads the old one whole or the new one whole."""
    if not settings.STOCK_FEED_FOLDER:
        return 0
    folder, written = Path(settings.STOCK_FEED_FOLDER), 0
    for channel, code in feed_channels().items():
        try:
            _write(folder, code, lines_of(channel))
            written += 1
        except OSError as error:
            log.error("stock_feed_not_written", channel=code, error=type(error).__name__)
    return written


def _write(folder: Path, code: str, lines: Iterator[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{code}.{os.getpid()}.part"
    with part.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / f"{code}.csv")
