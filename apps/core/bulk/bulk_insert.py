"""Inserting rows of several models at once: a handful in one statement, because what a request costs is mostly its round
trips; many by COPY, because what a batch costs is mostly Django's preparing of each value and psycopg's of each place."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models
from psycopg.types.json import Jsonb

from apps.core.bulk.history_rows import copy_to_history, history_cte, history_values
from apps.core.bulk.write_buffer import as_json, open_or_join_buffer, write

# Beyond this COPY is cheaper: one for each model, whatever the count.
MOST_TOGETHER = 40
BLOCK = 100
Row = TypeVar("Row", bound=models.Model)
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


def insert_groups(*groups: Sequence[models.Model]) -> None:
    """Insert groups of rows, each of one model, with their history. Rows others point at have their pk already (take_ids)."""
    filled = [group for group in groups if group]
    if sum(len(group) for group in filled) > MOST_TOGETHER:
        for group in filled:
            _copy_in(group)
        return
    with open_or_join_buffer():
        for group in filled:
            _insert(group)


def insert_rows(rows: Sequence[Row]) -> list[Row]:
    """``bulk_create`` that also keeps history."""
    if not rows:
        return []
    created = type(rows[0])._default_manager.bulk_create(rows)
    copy_to_history(created)
    return list(created)


def _insert(rows: Sequence[models.Model]) -> None:
    part = _Insert(type(rows[0]), rows[0].pk is not None)
    columns = _columns(part.model, part.with_pk)
    values: list[Any] = [as_json([{bare: row.__dict__[name] for name, bare, _ in columns} for row in rows])]
    values += history_values(part.model, "+")
    write(part, values)


@dataclass(frozen=True, slots=True)
class _Insert:
    """Rows of a model, with the copies that its history keeps. However many, they travel as one JSON document: a value
    each would be a place each, which psycopg prepares one by one, and a statement for every count of lines."""

    model: type[models.Model]
    with_pk: bool

    def ctes(self, prefix: str, places: Iterator[str]) -> list[str]:
        quote = connection.ops.quote_name
        names = [quote(bare) for _, bare, _ in _columns(self.model, self.with_pk)]
        table = quote(self.model._meta.db_table)
        inserted = (
            f"{prefix} AS (INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(f'r.{name}' for name in names)} "
            f"FROM json_populate_recordset(NULL::{table}, {next(places)}::json) r RETURNING *)"
        )
        return [inserted, *history_cte(self.model, prefix, "+", places)]


def _copy_in(rows: Sequence[models.Model]) -> None:
    model, with_pk = type(rows[0]), rows[0].pk is not None
    columns = _columns(model, with_pk)
    names = ", ".join(connection.ops.quote_name(bare) for _, bare, _ in columns)
    sql = f"COPY {connection.ops.quote_name(model._meta.db_table)} ({names}) FROM STDIN"
    # The cursor of Django passes COPY through, but not its errors.
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(sql) as copy:
        for row in rows:
            values = row.__dict__
            copy.write_row([Jsonb(values[name]) if is_json else values[name] for name, _, is_json in columns])
    if with_pk:
        copy_to_history(rows)


@cache
def _columns(model: type[models.Model], with_pk: bool) -> tuple[tuple[str, str, bool], ...]:
    """Attribute, column, and whether it is JSON; every other kind of field is a value psycopg knows."""
    return tuple(
        (field.attname, str(field.column), isinstance(field, models.JSONField))
        for field in model._meta.concrete_fields
        if (with_pk or not field.primary_key) and not field.generated
    )
