"""The writes of one request, sent as one statement: what a request costs is mostly its round trips to the database.

Inside ``gathered`` whatever is inserted, saved or recorded waits until the block ends, and then goes as one statement of
many parts. It is for code that reads nothing of what it has just written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from itertools import count as count_from
from typing import Any, Protocol

import orjson
from django.db import connection, transaction
from psycopg import RawCursor


class Part(Protocol):
    """One write. Equal parts make equal SQL, so a statement is composed once for each shape of request."""

    def ctes(self, prefix: str, places: Iterator[str]) -> list[str]:
        """``name AS (…)``, each name beginning with ``prefix``, each value the next of ``places``."""


@dataclass(slots=True)
class _Gathered:
    parts: list[Part] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)


_open: ContextVar[_Gathered | None] = ContextVar("gathered", default=None)


@contextmanager
def buffered_writes() -> Iterator[None]:
    """Send the writes made inside as one statement at the end; after an exception, none of them."""
    waiting = _Gathered()
    token = _open.set(waiting)
    try:
        yield
    finally:
        _open.reset(token)
    _send(waiting)


def is_buffering() -> bool:
    """Whether writes wait for each other now."""
    return _open.get() is not None


def open_or_join_buffer() -> AbstractContextManager[None]:
    """``gathered``, or where that is under way already, a part of it."""
    return nullcontext() if is_buffering() else buffered_writes()


def write(part: Part, values: list[Any], *, then: Callable[[], None] | None = None) -> None:
    """Do a write, or let it wait for its company. ``then`` is called once it is committed."""
    waiting = _open.get() or _Gathered()
    waiting.parts.append(part)
    waiting.values += values
    if then is not None:
        waiting.afterwards.append(then)
    if waiting is not _open.get():
        _send(waiting)


def _send(waiting: _Gathered) -> None:
    if not waiting.parts:
        return
    connection.ensure_connection()
    # PostgreSQL's own $1, $2: with so many places, psycopg's turning of %s into them costs more than the statement.
    with connection.wrap_database_errors, RawCursor(connection.connection) as cursor:
        cursor.execute(_sql(tuple(waiting.parts)), waiting.values)
    for then in waiting.afterwards:
        transaction.on_commit(then, robust=True)


@lru_cache(maxsize=512)
def _sql(parts: tuple[Part, ...]) -> str:
    places = (f"${number}" for number in count_from(1))
    ctes = [cte for number, part in enumerate(parts) for cte in part.ctes(f"p{number}", places)]
    return f"WITH {', '.join(ctes)} SELECT 1"


def numbered(sql: str, places: Iterator[str]) -> str:
    """``sql`` with each %s as the next place."""
    head, *rest = sql.split("%s")
    return head + "".join(next(places) + text for text in rest)


def as_json(values: Any) -> str:
    """``values`` as PostgreSQL reads them back into columns: times as ISO 8601, bytes as a bytea is written."""
    try:
        return orjson.dumps(values, default=_bytea).decode()
    except TypeError:
        # A number beyond 64 bits is JSON all the same, where a source sent one.
        return json.dumps(values, default=_plain)


def as_array(values: Sequence[Any]) -> str:
    """``values`` as PostgreSQL reads an array: to be cast where it stands, as in ``%s::bigint[]``. For many numbers, times
    or texts; psycopg looks at each of a list's elements in Python."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (int, float)):
        return str(value)
    text = value if isinstance(value, str) else _plain(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bytea(value: Any) -> str:
    if isinstance(value, (bytes, memoryview)):
        return "\\x" + bytes(value).hex()
    raise TypeError(f"{type(value).__name__} is no value of a column")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, (datetime, date, time)) else _bytea(value)
