"""Inserting a handful of rows of several models in one statement: what a request costs is mostly its round trips."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from django.db import connection, models

from apps.core import clock
from apps.core.batch import history_columns, insert_rows

# Beyond this an insert of its own per model is cheaper: its statement is the same whatever the count.
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
    if sum(len(group) for group in filled) > MOST_TOGETHER:
        for group in filled:
            insert_rows(group)
        return
    if not filled:
        return
    parts: list[str] = []
    parameters: list[Any] = []
    for number, group in enumerate(filled):
        parts.append(_insert(f"w{number}", group, parameters))
        columns = history_columns(type(group[0]))
        if columns:
            parts.append(_history(number, type(group[0]), columns, parameters))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(parts)} SELECT 1", parameters)


def _insert(name: str, group: Sequence[models.Model], parameters: list[Any]) -> str:
    meta = type(group[0])._meta
    fields = [field for field in meta.concrete_fields if not field.primary_key or group[0].pk is not None]
    for row in group:
        parameters += [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    places = "(" + ", ".join(["%s"] * len(fields)) + ")"
    values = ", ".join([places] * len(group))
    return f"{name} AS (INSERT INTO {meta.db_table} ({columns}) VALUES {values} RETURNING *)"


def _history(number: int, model: type[models.Model], columns: str, parameters: list[Any]) -> str:
    parameters.append(clock.now())
    table = model.history.model._meta.db_table  # type: ignore[attr-defined]
    return (
        f"h{number} AS (INSERT INTO {table} ({columns}, history_date, history_type, history_change_reason) "
        f"SELECT {columns}, %s, '+', NULL FROM w{number})"
    )
