"""History copied by PostgreSQL itself: building a history object for each row in Python costs ten times as much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from django.db import connection, models

from apps.core import clock


def history_cte(model: type[models.Model], rows: str, kind: str, places: Iterator[str]) -> list[str]:
    """The part of a statement that copies the rows another part, called ``rows``, returns into their history, if kept."""
    kept = history_columns(model)
    if not kept:
        return []
    table = connection.ops.quote_name(model.history.model._meta.db_table)  # type: ignore[attr-defined]
    return [
        f"{rows}h AS (INSERT INTO {table} ({kept}, history_date, history_type, history_change_reason) "
        f"SELECT {kept}, {next(places)}, '{kind}', NULL FROM {rows})"
    ]


def copy_to_history(rows: Sequence[models.Model], *, created: bool = False) -> None:
    """Copy the rows as they stand now into their history, in one statement; nothing where the model keeps none.

    The database copies them itself: building a history object for each row in Python costs ten times as much.
    """
    if not rows or not history_columns(type(rows[0])):
        return
    with connection.cursor() as cursor:
        parameters = [clock.now(), "+" if created else "~", [row.pk for row in rows]]
        cursor.execute(_history_sql(type(rows[0])), parameters)


@cache
def history_columns(model: type[models.Model]) -> str:
    """The columns a model's history copies, quoted and joined; empty where it keeps none."""
    manager = getattr(model, "history", None)
    if manager is None:
        return ""
    kept = {field.column for field in manager.model._meta.fields} & {field.column for field in model._meta.fields}
    return ", ".join(connection.ops.quote_name(str(column)) for column in sorted(kept))


@cache
def _history_sql(model: type[models.Model]) -> str:
    history, quote = model.history.model, connection.ops.quote_name  # type: ignore[attr-defined]
    columns = history_columns(model)
    return (
        f"INSERT INTO {quote(history._meta.db_table)} ({columns}, history_date, history_type, history_change_reason) "
        f"SELECT {columns}, %s, %s, NULL FROM {quote(model._meta.db_table)} WHERE id = ANY(%s::bigint[])"
    )
