"""Saved rows read by SQL that is written out: building a queryset costs 0.4 ms, more than most of them take to run.

Only selectors use it. Whatever a field converts on reading (JSON, encrypted text) is converted here too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


@cache
def columns_of(model: type[models.Model], alias: str) -> str:
    """All columns of the model, for a SELECT in which its table is called ``alias``."""
    return ", ".join(f"{alias}.{connection.ops.quote_name(str(field.column))}" for field in model._meta.concrete_fields)


def load_row(model: type[Row], values: Sequence[Any]) -> Row:
    """A saved row of the model from the values of ``columns_of`` its table."""
    names, converters = _conversions(model)
    return model.from_db("default", names, _converted(values, converters))


def select_rows(model: type[Row], tail: str, parameters: Sequence[Any]) -> list[Row]:
    """Rows of the model, its table called ``t``; ``tail`` is all that follows FROM: WHERE, ORDER BY, FOR UPDATE."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns_of(model, 't')} FROM {model._meta.db_table} t {tail}", parameters)
        return [load_row(model, values) for values in cursor.fetchall()]


def select_only(model: type[Row], names: Collection[str], tail: str, parameters: Sequence[Any]) -> list[Row]:
    """``select_rows`` of a few fields, by column attribute, like ``QuerySet.only``; each other one is read when it is asked for.

    The primary key has to be among them.
    """
    # from_db takes the values in the model's own order.
    fields = tuple(field for field in model._meta.concrete_fields if field.attname in names)
    columns = ", ".join(f"t.{connection.ops.quote_name(str(field.column))}" for field in fields)
    attributes, converters = [field.attname for field in fields], _converters(fields)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {model._meta.db_table} t {tail}", parameters)
        return [model.from_db("default", attributes, _converted(row, converters)) for row in cursor.fetchall()]


def select_joined(
    tail: str,
    parameters: Sequence[Any] | Mapping[str, Any],
    *,
    shared: Collection[type[models.Model]] = (),
    **models_by_alias: type[models.Model],
) -> list[tuple[Any, ...]]:
    """One row of each model per row of the join, in the order of the aliases; None where an outer join found nothing.

    ``tail`` is all that follows SELECT's columns, FROM included, with the tables under the aliases given. ``shared``:
    models of which a row met again is the same object, because the caller only reads it.
    """
    columns = ", ".join(columns_of(model, alias) for alias, model in models_by_alias.items())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} {tail}", parameters)
        sides = [_Side(model, {} if model in shared else None) for model in models_by_alias.values()]
        return [_side_by_side(sides, values) for values in cursor.fetchall()]


class _Side(NamedTuple):
    """A model of the join, and, where its rows are shared, those met so far by their key."""

    model: type[models.Model]
    met: dict[Any, models.Model] | None


def _side_by_side(sides: Sequence[_Side], values: Sequence[Any]) -> tuple[Any, ...]:
    rows: list[models.Model | None] = []
    start = 0
    for model, met in sides:
        end = start + len(model._meta.concrete_fields)
        # The primary key is the first column of every model here; an outer join that found nothing leaves it empty.
        key = values[start]
        if key is None:
            rows.append(None)
        elif met is None:
            rows.append(load_row(model, values[start:end]))
        else:
            if key not in met:
                met[key] = load_row(model, values[start:end])
            rows.append(met[key])
        start = end
    return tuple(rows)


Converter = Callable[[Any], Any]
_ByPlace = tuple[tuple[int, Converter], ...]


@cache
def _conversions(model: type[models.Model]) -> tuple[list[str], _ByPlace]:
    """The column attributes in the model's order, and what converts which of them."""
    fields = tuple(model._meta.concrete_fields)
    return [field.attname for field in fields], _converters(fields)


@cache
def _converters(fields: tuple[models.Field[Any, Any], ...]) -> _ByPlace:
    """As a queryset would: the backend's converters, then the field's own."""
    found = []
    for place, field in enumerate(fields):
        column = field.get_col(field.model._meta.db_table)
        for convert in [*connection.ops.get_db_converters(column), *field.get_db_converters(connection)]:
            found.append((place, _bound(convert, column)))
    return tuple(found)


def _bound(convert: Callable[[Any, Any, Any], Any], column: Any) -> Converter:
    return lambda value: convert(value, column, connection)


def _converted(values: Sequence[Any], converters: _ByPlace) -> Sequence[Any]:
    if not converters:
        return values
    converted = list(values)
    for place, convert in converters:
        converted[place] = convert(converted[place])
    return converted
