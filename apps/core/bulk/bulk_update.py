"""Some fields of many rows, with their history: one ``UPDATE … FROM unnest(…)`` whatever the count.

``queryset.update()`` writes no history, and ``bulk_update`` a CASE for every row; both were measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from apps.core.bulk.columns import AnyField, as_array, as_json, update_columns
from apps.core.bulk.history_rows import history_cte, history_values
from apps.core.bulk.write_buffer import numbered, open_or_join_buffer, write

# Up to so many rows are updated one by one, each found by its key. For an unnest PostgreSQL guesses ten rows, and where it
# believes the table to be small it reads all of it for three.
FEW = 4


def update_rows(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write ``fields`` of ``rows`` (all of one model), raise ``version`` where there is one, and keep history: one statement.

    The caller holds the row locks. Every row must exist: one that does not is passed over in silence.

    Raises:
        FieldDoesNotExist: the model has no such field.
        NotWritable: a field does something on save() that this does not do.
    """
    if not rows:
        return
    names = tuple(fields)
    lots = [[row] for row in rows] if len(rows) <= FEW else [rows]
    with open_or_join_buffer():
        for lot in lots:
            _update(lot, names)


def _update(rows: Sequence[models.Model], names: tuple[str, ...]) -> None:
    part = _Update(type(rows[0]), names, single=len(rows) == 1)
    columns = update_columns(part.model, names)
    values: list[Any]
    if part.single:
        values = [*(_value(column, rows[0]) for column in columns), rows[0].pk]
    else:
        values = [as_array([row.pk for row in rows])]
        values += [as_array([_value(column, row) for row in rows]) for column in columns]
    values += history_values(part.model, "~")
    write(part, values)
    if part.raises_version:
        for row in rows:
            row.version += 1  # type: ignore[attr-defined]


def _value(column: AnyField, row: models.Model) -> Any:
    value = getattr(row, column.attname)
    if isinstance(column, models.JSONField | ArrayField):
        return None if value is None else as_json(value)
    return column.get_db_prep_save(value, connection)


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
        updated = numbered(f"{prefix} AS ({self._sql()} RETURNING t.*)", places)
        return [updated, *history_cte(self.model, prefix, "~", places)]

    def _sql(self) -> str:
        quote = connection.ops.quote_name
        columns = update_columns(self.model, self.fields)
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


def _element_type(column: AnyField) -> str:
    """What one row's value travels as. An array of arrays would be unnested whole, so an array goes as JSON."""
    return "jsonb" if isinstance(column, ArrayField) else str(column.db_type(connection))


def _assignment(column: AnyField, value: str) -> str:
    name = connection.ops.quote_name(str(column.column))
    if isinstance(column, ArrayField):
        return f"{name} = ARRAY(SELECT jsonb_array_elements_text({value}))::{column.db_type(connection)}"
    return f"{name} = {value}"
