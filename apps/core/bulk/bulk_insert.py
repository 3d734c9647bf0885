"""Rows of several models inserted at once: a handful in one statement, because what a request costs is mostly its round
trips; many by COPY, because what a batch costs is mostly the preparing of each value by Django and psycopg."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, models
from psycopg.types.json import Jsonb

from apps.core.bulk.columns import Column, as_json, insert_columns
from apps.core.bulk.history_rows import copy_to_history, history_cte, history_values
from apps.core.bulk.write_buffer import open_or_join_buffer, write

# Rows beyond which COPY is cheaper: one for each model, whatever the count.
COPY_FROM = 40
# Primary keys a process takes from a sequence at a time (ADR 4).
BLOCK = 100
Row = TypeVar("Row", bound=models.Model)
_blocks: dict[type[models.Model], list[int]] = {}
_lock = threading.Lock()


def take_ids(model: type[models.Model], count: int) -> list[int]:
    """``count`` fresh primary keys of a model whose key is a sequence called ``id``. A process takes a block at a time, so they
    are unique but not quite in order."""
    with _lock:
        block = _blocks.setdefault(model, [])
        if len(block) < count:
            block += _next_values(model, max(count, BLOCK))
        taken, _blocks[model] = block[:count], block[count:]
    return taken


def insert_groups(*groups: Sequence[models.Model]) -> None:
    """Insert groups of rows, each of one model, with their history; inside a write buffer as a part of it.

    Rows that others point at have their pk already (``take_ids``); either all rows of a group have one or none. The objects are
    left as they are: ``_state`` says unsaved, and a pk given by the database is not read back.

    Raises:
        NotWritable: a model has a field that does something on save() that this does not do.
    """
    filled = [group for group in groups if group]
    if sum(len(group) for group in filled) > COPY_FROM:
        for group in filled:
            _copy_in(group)
        return
    with open_or_join_buffer():
        for group in filled:
            _insert(group)


def insert_rows(rows: Sequence[Row]) -> list[Row]:
    """Django's ``bulk_create``, which also keeps history; returns the rows with their primary keys. Many go by COPY, at once."""
    if not rows:
        return []
    if len(rows) > COPY_FROM:
        for row, pk in zip(rows, take_ids(type(rows[0]), len(rows)), strict=True):
            row.pk, row._state.adding, row._state.db = pk, False, connection.alias
        _copy_in(rows)
        return list(rows)
    created = type(rows[0])._default_manager.bulk_create(rows)
    copy_to_history(created)
    return list(created)


def insert_missing(rows: Sequence[models.Model], *, unique: Sequence[str] = (), update: Sequence[str] = ()) -> None:
    """Insert rows of a model without history, but those that are there already: of these ``update`` is written, where ``unique``
    names the columns by which they are the same. One JSON document, for the reason of ``_Insert``.

    Raises:
        NotWritable: the model has a field that does something on save() that this does not do.
    """
    if not rows:
        return
    model, quote = type(rows[0]), connection.ops.quote_name
    columns = insert_columns(model, False)
    names = ", ".join(_names(columns))
    found = f"({', '.join(map(quote, unique))}) " if unique else ""
    does = f"UPDATE SET {', '.join(f'{quote(one)} = EXCLUDED.{quote(one)}' for one in update)}" if update else "NOTHING"
    table = quote(model._meta.db_table)
    values = as_json([{column.name: column.value_of(row) for column in columns} for row in rows])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{table}, %s::json) "
            f"ON CONFLICT {found}DO {does}",
            [values],
        )


def _next_values(model: type[models.Model], count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def _insert(rows: Sequence[models.Model]) -> None:
    part = _Insert(type(rows[0]), rows[0].pk is not None)
    columns = insert_columns(part.model, part.with_pk)
    values: list[Any] = [as_json([{column.name: column.value_of(row) for column in columns} for row in rows])]
    values += history_values(part.model, "+")
    write(part, values)


@dataclass(frozen=True, slots=True)
class _Insert:
    """Rows of a model, with the copies that its history keeps. However many, they travel as one JSON document: a value
    each would be a place each, which psycopg prepares one by one, and a statement for every count of lines."""

    model: type[models.Model]
    with_pk: bool

    def ctes(self, prefix: str, places: Iterator[str]) -> list[str]:
        names = _names(insert_columns(self.model, self.with_pk))
        table = connection.ops.quote_name(self.model._meta.db_table)
        inserted = (
            f"{prefix} AS (INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(f'r.{name}' for name in names)} "
            f"FROM json_populate_recordset(NULL::{table}, {next(places)}::json) r RETURNING *)"
        )
        return [inserted, *history_cte(self.model, prefix, "+", places)]


def _copy_in(rows: Sequence[models.Model]) -> None:
    model, with_pk = type(rows[0]), rows[0].pk is not None
    columns = insert_columns(model, with_pk)
    sql = f"COPY {connection.ops.quote_name(model._meta.db_table)} ({', '.join(_names(columns))}) FROM STDIN"
    # Django's cursor passes COPY through, but not its errors.
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row([_copied(column, row) for column in columns])
    if with_pk:
        copy_to_history(rows)


def _copied(column: Column, row: models.Model) -> Any:
    value = column.value_of(row)
    return Jsonb(value) if column.is_json and value is not None else value


def _names(columns: Sequence[Column]) -> list[str]:
    return [connection.ops.quote_name(column.name) for column in columns]
