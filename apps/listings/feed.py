"""What has changed of a channel's figures since a mark: nothing is left out, whoever commits when.

Each figure knows the transaction that wrote it. Only those are given out of which no older transaction is still under way, so
that none can turn up later behind the mark. PostgreSQL numbers its transactions in 64 bits, for ever; in a database that was
restored from a dump they begin again, and so does the feed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

MOST = 1_000
_MARK = re.compile(r"(\d{1,19})-(\d{1,19})")


@dataclass(frozen=True, slots=True)
class FeedCursor:
    """Up to where somebody has read. ``transaction`` 0: nothing yet."""

    transaction: int = 0
    listing: int = 0

    def __str__(self) -> str:
        return f"{self.transaction}-{self.listing}"


def parse_mark(text: str) -> FeedCursor | None:
    """None where it is none of ours; an empty one is the beginning."""
    if not text:
        return FeedCursor()
    found = _MARK.fullmatch(text)
    numbers = [int(part) for part in found.groups()] if found else [2**63]
    return FeedCursor(*numbers) if max(numbers) < 2**63 else None


@dataclass(frozen=True, slots=True)
class FeedFigure:
    """One figure: what may be sold of what the channel calls ``external_id``."""

    sku: str
    external_id: str
    available: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class FeedPage:
    """``mark``: to go on from. ``more``: there is more at once. ``restarted``: the mark was of another life of the database, and all
    is given again."""

    items: list[FeedFigure]
    mark: FeedCursor
    more: bool
    restarted: bool


_CHANGES = """
SELECT l.changed_in, l.id, s.code, l.external_id, CASE WHEN l.active THEN l.wanted ELSE 0 END, l.wanted_at
  FROM listings_listing l JOIN catalog_sku s ON s.id = l.sku_id
 WHERE l.channel_id = %s AND l.wanted IS NOT NULL AND (l.changed_in, l.id) > (%s, %s)
   AND l.changed_in < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
 ORDER BY l.changed_in, l.id LIMIT %s
"""


def changes(channel_id: int, since: FeedCursor, *, limit: int = MOST) -> FeedPage:
    """The channel's figures that were written after the mark, oldest first; of one that changed often only the last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        restarted = since.transaction > cursor.fetchone()[0]
        since = FeedCursor() if restarted else since
        cursor.execute(_CHANGES, [channel_id, since.transaction, since.listing, limit + 1])
        rows = cursor.fetchall()
    given = rows[:limit]
    mark = FeedCursor(given[-1][0], given[-1][1]) if given else since
    return FeedPage([FeedFigure(*row[2:]) for row in given], mark, more=len(rows) > limit, restarted=restarted)


def transaction_number() -> int:
    """That of the transaction under way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])
