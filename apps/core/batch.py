"""Writing many rows at once: one ``UPDATE … FROM unnest(…)`` and one insert of history, whatever the count.

``queryset.update()`` would write no history and ``bulk_update`` a CASE for every row; both were measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from apps.core import clock
from apps.core.gathering import as_array, as_json, joining, numbered, write

Row = TypeVar("Row", bound=models.Model)
FEW = 4


def save_rows(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write ``fields`` of ``rows`` (all of one model), raise ``version`` where there is one, and keep history: one statement.

    The caller holds the row locks. Every row must exist.
    """
    if not rows:
        return
    # One by one, each is found by its key. For an unnest PostgreSQL guesses ten rows, and where it believes the table to
    # be small it reads all of it for three.
    lots = [[row] for row in rows] if len(rows) <= FEW else [rows]
    with joining():
        for lot in lots:
            _save(lot, tuple(fields))


def _save(rows: Sequence[models.Model], fields: tuple[str, ...]) -> None:
    model = type(rows[0])
    part = _Update(model, fields, single=len(rows) == 1)
    columns = [cast("models.Field[Any, Any]", model._meta.get_field(name)) for name in fields]
    values: list[Any]
    if part.single:
        values = [*(_for_database(column, rows[0]) for column in columns), rows[0].pk]
    else:
        values = [as_array([row.pk for row in rows])]
        values += [as_array([_for_database(column, row) for row in rows]) for column in columns]
    if history_columns(model):
        values.append(clock.now())
    write(part, values)
    if part.raises_version:
        for row in rows:
            row.version += 1  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class _Update:
    """These fields of one row, or of many, with the copies that their history keeps."""

    model: type[models.Model]
    fields: tuple[str, ...]
    single: bool

    @property
    def raises_version(self) -> bool:
        return "version" not in self.fields and _has_version(self.model)

    def ctes(self, prefix: str, places: Iterator[str]) -> list[str]:
        saved = numbered(f"{prefix} AS ({self._sql()} RETURNING t.*)", places)
        return [saved, *history_cte(self.model, prefix, "~", places)]

    def _sql(self) -> str:
        quote = connection.ops.quote_name
        columns = [cast("models.Field[Any, Any]", self.model._meta.get_field(name)) for name in self.fields]
        raised = ["version = t.version + 1"] if self.raises_version else []
        update = f"UPDATE {quote(self.model._meta.db_table)} t SET "
        if self.single:
            sets = [_assignment(column, f"%s::{_element_type(column)}") for column in columns]
            return f"{update}{', '.join(sets + raised)} WHERE t.id = %s"
        names = [quote(str(column.column)) for column in columns]
        sets = [_assignment(column, f"v.{name}") for column, name in zip(columns, names, strict=True)]
        casts = ["%s::bigint[]"] + [f"%s::{_element_type(column)}[]" for column in columns]
        source = f"unnest({', '.join(casts)}) AS v(id, {', '.join(names)})"
        return f"{update}{', '.join(sets + raised)} FROM {source} WHERE t.id = v.id"


@cache
def _has_version(model: type[models.Model]) -> bool:
    return any(field.name == "version" for field in model._meta.fields)


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


def _element_type(column: models.Field[Any, Any]) -> str:
    """What one row's value travels as. An array of arrays would be unnested whole, so a list of texts goes as JSON."""
    return "jsonb" if isinstance(column, ArrayField) else str(column.db_type(connection))


def _assignment(column: models.Field[Any, Any], value: str) -> str:
    name = connection.ops.quote_name(str(column.column))
    if isinstance(column, ArrayField):
        return f"{name} = ARRAY(SELECT jsonb_array_elements_text({value}))::{column.db_type(connection)}"
    return f"{name} = {value}"


def _for_database(column: models.Field[Any, Any], row: models.Model) -> Any:
    value = getattr(row, column.attname)
    if isinstance(column, (models.JSONField, ArrayField)):
        return as_json(value)
    return column.get_db_prep_save(value, connection)


def write_history(rows: Sequence[models.Model], *, created: bool = False) -> None:
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


def insert_rows(rows: Sequence[Row]) -> list[Row]:
    """``bulk_create`` that also keeps history."""
    if not rows:
        return []
    created = type(rows[0])._default_manager.bulk_create(rows)
    write_history(created, created=True)
    return list(created)
