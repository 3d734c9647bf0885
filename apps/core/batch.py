"""Writing many rows at once: one ``UPDATE … FROM unnest(…)`` and one insert of history, whatever the count.

``queryset.update()`` would write no history and ``bulk_update`` a CASE for every row; both were measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from django.db import connection, models
from psycopg.types.json import Jsonb

Row = TypeVar("Row", bound=models.Model)


def save_rows(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write ``fields`` of ``rows`` (all of one model), raise ``version`` where there is one, and keep history.

    The caller holds the row locks. Every row must exist.
    """
    if not rows:
        return
    model = type(rows[0])
    columns = [cast("models.Field[Any, Any]", model._meta.get_field(name)) for name in fields]
    quoted = [connection.ops.quote_name(column.column) for column in columns]
    table = connection.ops.quote_name(model._meta.db_table)
    versioned = any(field.name == "version" for field in model._meta.fields) and "version" not in fields
    sets = [f"{name} = v.{name}" for name in quoted] + (["version = t.version + 1"] if versioned else [])
    casts = ["%s::bigint[]"] + [f"%s::{column.db_type(connection)}[]" for column in columns]
    sql = (
        f"UPDATE {table} t SET {', '.join(sets)} "
        f"FROM unnest({', '.join(casts)}) AS v(id, {', '.join(quoted)}) WHERE t.id = v.id"
    )
    values: list[list[Any]] = [[row.pk for row in rows]]
    values += [[_for_database(column, row) for row in rows] for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
    if versioned:
        for row in rows:
            row.version += 1  # type: ignore[attr-defined]
    write_history(rows)


def _for_database(column: models.Field[Any, Any], row: models.Model) -> Any:
    value = getattr(row, column.attname)
    if isinstance(column, models.JSONField):
        return Jsonb(value)
    return column.get_db_prep_save(value, connection)


def write_history(rows: Sequence[models.Model], *, created: bool = False) -> None:
    """One insert of history for all ``rows``; nothing where the model keeps none."""
    manager = getattr(type(rows[0]), "history", None) if rows else None
    if manager is not None:
        manager.bulk_history_create(list(rows), update=not created)


def insert_rows(rows: Sequence[Row]) -> list[Row]:
    """``bulk_create`` that also keeps history."""
    if not rows:
        return []
    created = type(rows[0])._default_manager.bulk_create(rows)
    write_history(created, created=True)
    return list(created)
