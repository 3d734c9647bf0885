"""Inserting rows of several models at once: a handful in one statement, because what a request costs is mostly its round
trips; many by COPY, because what a batch costs is mostly Django's preparing of each value and psycopg's of each place."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import count as count_from
from typing import Any

from django.db import connection, models
from psycopg import RawCursor
from psycopg.types.json import Jsonb

from apps.core import clock
from apps.core.batch import history_columns, write_history

# Beyond this COPY is cheaper: one for each model, whatever the count.
MOST_TOGETHER = 40
BLOCK = 20
_blocks: dict[type[models.Model], list[int]] = {}
_lock = threading.Lock()


def take_ids(model: type[models.Model], count: int) -> list[int]:
    """``count`` fresh primary keys. A process takes a block at a time, so they are unique but not quite in order."""
    with _lock:
        block = _blocks.setdefault(model, [])
        if len(block) < count:
            block += _next_values(model, max(count, BLOCK))
        taken, _blocks[model] = block[:count], block[count:]
    return taken


def _next_values(model: type[models.Model], count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def insert_together(*groups: Sequence[models.Model]) -> None:
    """Insert groups of rows, each of one model, with their history. Rows others point at have their pk already (take_ids)."""
    filled = [group for group in groups if group]
    if not filled:
        return
    if sum(len(group) for group in filled) > MOST_TOGETHER:
        for group in filled:
            _copy_in(group)
        return
    shape = tuple((type(group[0]), len(group), group[0].pk is not None) for group in filled)
    parameters: list[Any] = []
    for group, (model, _, with_pk) in zip(filled, shape, strict=True):
        columns = _columns(model, with_pk)
        for row in group:
            values = row.__dict__
            parameters += [Jsonb(values[name]) if is_json else values[name] for name, _, is_json in columns]
        if history_columns(model):
            parameters.append(clock.now())
    connection.ensure_connection()
    # PostgreSQL's own $1, $2: with so many places, psycopg's turning of %s into them costs more than the statement.
    with connection.wrap_database_errors, RawCursor(connection.connection) as cursor:
        cursor.execute(_sql(shape), parameters)


def _copy_in(rows: Sequence[models.Model]) -> None:
    model, with_pk = type(rows[0]), rows[0].pk is not None
    columns = _columns(model, with_pk)
    names = ", ".join(name for _, name, _ in columns)
    sql = f"COPY {connection.ops.quote_name(model._meta.db_table)} ({names}) FROM STDIN"
    # The cursor of Django passes COPY through, but not its errors.
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(sql) as copy:
        for row in rows:
            values = row.__dict__
            copy.write_row([Jsonb(values[name]) if is_json else values[name] for name, _, is_json in columns])
    if with_pk:
        write_history(rows, created=True)


@lru_cache(maxsize=512)
def _sql(shape: tuple[tuple[type[models.Model], int, bool], ...]) -> str:
    parts: list[str] = []
    place = (f"${number}" for number in count_from(1))
    for number, (model, count, with_pk) in enumerate(shape):
        columns = _columns(model, with_pk)
        names = ", ".join(name for _, name, _ in columns)
        values = ", ".join("(" + ", ".join(next(place) for _ in columns) + ")" for _ in range(count))
        parts.append(f"w{number} AS (INSERT INTO {model._meta.db_table} ({names}) VALUES {values} RETURNING *)")
        kept = history_columns(model)
        if kept:
            table = model.history.model._meta.db_table  # type: ignore[attr-defined]
            parts.append(
                f"h{number} AS (INSERT INTO {table} ({kept}, history_date, history_type, history_change_reason) "
                f"SELECT {kept}, {next(place)}, '+', NULL FROM w{number})"
            )
    return f"WITH {', '.join(parts)} SELECT 1"


@cache
def _columns(model: type[models.Model], with_pk: bool) -> tuple[tuple[str, str, bool], ...]:
    """Attribute, quoted column, and whether it is JSON; every other kind of field is a value psycopg knows."""
    return tuple(
        (field.attname, connection.ops.quote_name(str(field.column)), isinstance(field, models.JSONField))
        for field in model._meta.concrete_fields
        if with_pk or not field.primary_key
    )
