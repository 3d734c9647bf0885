"""A write buffer: the writes of one unit of work, sent as one statement. What a request costs is mostly its round trips.

Inside ``buffered_writes`` whatever ``bulk_insert``, ``bulk_update`` and ``outbox.record`` write waits until the block ends, and
then goes as one ``WITH … SELECT 1`` (ADR 14). It is for code that reads nothing of what it has just written: a mistake shows
at the end of the block, and no part sees the rows of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count as count_from
from typing import Any, Protocol

from django.db import connection, transaction
from psycopg import RawCursor


class Part(Protocol):
    """One write of a statement. Parts that are equal have the same SQL, which is composed once for each sequence of parts."""

    def ctes(self, prefix: str, places: Iterator[str]) -> list[str]:
        """``name AS (…)`` for each of its tables, each name beginning with ``prefix``, each value the next of ``places``."""


@dataclass(slots=True)
class _Buffer:
    parts: list[Part] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    on_commit: list[Callable[[], None]] = field(default_factory=list)


_open: ContextVar[_Buffer | None] = ContextVar("write_buffer", default=None)


@contextmanager
def buffered_writes() -> Iterator[None]:
    """Send the writes made inside as one statement when the block ends; after an exception, none of them.

    Raises whatever the database says of the statement, at the end of the block.
    """
    buffer = _Buffer()
    token = _open.set(buffer)
    try:
        yield
    finally:
        _open.reset(token)
    _send(buffer)


def is_buffering() -> bool:
    """Whether writes wait in a buffer now."""
    return _open.get() is not None


def open_or_join_buffer() -> AbstractContextManager[None]:
    """``buffered_writes``, or inside one already, a part of it."""
    return nullcontext() if is_buffering() else buffered_writes()


def write(part: Part, values: Sequence[Any], *, on_commit: Callable[[], None] | None = None) -> None:
    """Send a write at once, or put it into the open buffer.

    Args:
        values: as many as the part takes of ``places``, in that order.
        on_commit: called once the transaction is committed.
    """
    buffer = _open.get() or _Buffer()
    buffer.parts.append(part)
    buffer.values += values
    if on_commit is not None:
        buffer.on_commit.append(on_commit)
    if buffer is not _open.get():
        _send(buffer)


def numbered(sql: str, places: Iterator[str]) -> str:
    """``sql`` with each %s as the next place."""
    head, *rest = sql.split("%s")
    return head + "".join(next(places) + text for text in rest)


def _send(buffer: _Buffer) -> None:
    if not buffer.parts:
        return
    connection.ensure_connection()
    # PostgreSQL's own $1, $2: with so many places, psycopg's turning of %s into them costs more than the statement.
    with connection.wrap_database_errors, RawCursor(connection.connection) as cursor:
        cursor.execute(_sql(tuple(buffer.parts)), buffer.values)
    for callback in buffer.on_commit:
        transaction.on_commit(callback, robust=True)


@lru_cache(maxsize=512)
def _sql(parts: tuple[Part, ...]) -> str:
    places = (f"${number}" for number in count_from(1))
    ctes = [cte for number, part in enumerate(parts) for cte in part.ctes(f"p{number}", places)]
    return f"WITH {', '.join(ctes)} SELECT 1"
