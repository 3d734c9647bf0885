"""Writing many rows at once: one ``UPDATE … FROM unnest(…)`` and one insert of history, whatever the count.

``queryset.update()`` would write no history and ``bulk_update`` a CASE for every row; both were measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from apps.core.bulk.history_rows import history_cte, history_values
from apps.core.bulk.write_buffer import as_array, as_json, numbered, open_or_join_buffer, write

FEW = 4


def update_rows(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write ``fields`` of ``rows`` (all of one model), raise ``version`` where there is one, and keep history: one statement.

    The caller holds the row locks. Every row must exist.
    """
    if not rows:
        return
    # One by one, each is found by its key. For an unnest PostgreSQL guesses ten rows, and where it believes the table to
    # be small it reads all of it for three.
    lots = [[row] for row in rows] if len(rows) <= FEW else [rows]
    with open_or_join_buffer():
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
    values += history_values(model, "~")
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
