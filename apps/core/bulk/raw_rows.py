"""Reading rows by SQL that is composed once: on the hottest paths, building a queryset costs more than running it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.db import connection, models
from django.db.models.base import ModelState

from apps.core.secrets import SecretField

Row = TypeVar("Row", bound=models.Model)


@cache
def columns_of(model: type[models.Model], alias: str) -> str:
    """All columns of the model, for a SELECT in which its table is called ``alias``."""
    return ", ".join(f"{alias}.{connection.ops.quote_name(str(field.column))}" for field in model._meta.concrete_fields)


@cache
def _attributes(model: type[models.Model]) -> tuple[list[str], list[models.JSONField | SecretField]]:
    """The names under which a row keeps its columns, and which of them are JSON or encrypted."""
    fields = model._meta.concrete_fields
    return [field.attname for field in fields], [
        field for field in fields if isinstance(field, models.JSONField | SecretField)
    ]


def load_row(model: type[Row], values: Sequence[Any]) -> Row:
    """A saved row of the model from ``columns_of`` its table; its JSON and secrets are decoded here.

    Made without the model's ``__init__``, which costs twice as much: defaults and keyword arguments are not for
    a row that the database has, and nothing here listens to the signals it sends.
    """
    names, documents = _attributes(model)
    row = model.__new__(model)
    held = row.__dict__
    held["_state"] = state = ModelState()
    state.adding, state.db = False, "default"
    held.update(zip(names, values, strict=True))
    for field in documents:
        held[field.attname] = field.from_db_value(held[field.attname], None, connection)  # type: ignore[arg-type]
    return row


def select_rows(model: type[Row], tail: str, parameters: Sequence[Any]) -> list[Row]:
    """Rows of the model, its table called ``t``; ``tail`` is all that follows FROM: WHERE, ORDER BY, FOR UPDATE."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns_of(model, 't')} FROM {model._meta.db_table} t {tail}", parameters)
        return [load_row(model, values) for values in cursor.fetchall()]


def select_only(model: type[Row], names: Collection[str], tail: str, parameters: Sequence[Any]) -> list[Row]:
    """``read`` of a few fields, none of them JSON; the others are read when they are asked for."""
    # from_db takes the values in the model's own order.
    fields = [field for field in model._meta.concrete_fields if field.attname in names]
    columns = ", ".join(f"t.{connection.ops.quote_name(str(field.column))}" for field in fields)
    attributes = [field.attname for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {model._meta.db_table} t {tail}", parameters)
        return [model.from_db("default", attributes, values) for values in cursor.fetchall()]


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
        kinds = [_Kind(model, {} if model in shared else None) for model in models_by_alias.values()]
        return [_side_by_side(kinds, values) for values in cursor.fetchall()]


class _Kind(NamedTuple):
    """A model of the join, and, where its rows are shared, those met so far by their key."""

    model: type[models.Model]
    met: dict[Any, models.Model] | None


def _side_by_side(kinds: Sequence[_Kind], values: Sequence[Any]) -> tuple[Any, ...]:
    rows: list[models.Model | None] = []
    start = 0
    for model, met in kinds:
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
