"""Unsaved rows made from column values, for inserting in number.

``Model(**values)`` looks up every field by name and costs 16 µs for an order line; ``Model.from_db`` takes them in order, 4 µs.
An order makes some fourteen rows: 2 % of what it costs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


def make_row(model: type[Row], **values: Any) -> Row:
    """An unsaved row of the model; ``values`` by column attribute (``order_id``, not ``order``), defaults for the rest.

    Raises TypeError for what is no column.
    """
    defaults = _defaults(model)
    held = {**defaults.constants, **values}
    if len(held) != len(defaults.constants):
        raise TypeError(f"{model.__name__} has no {', '.join(sorted(values.keys() - defaults.constants.keys()))}")
    for name, default in defaults.per_row:
        if name not in values:
            held[name] = default()
    row = model.from_db(None, list(held), list(held.values()))
    row._state.adding = True
    return row


class _Defaults(NamedTuple):
    """Every column attribute, in the model's order, with its default; and those whose default is called for each row."""

    constants: dict[str, Any]
    per_row: tuple[tuple[str, Callable[[], Any]], ...]


@cache
def _defaults(model: type[models.Model]) -> _Defaults:
    fields = model._meta.concrete_fields
    made = {field.attname: field.default for field in fields if field.has_default() and callable(field.default)}
    constants = {field.attname: None if field.attname in made else field.get_default() for field in fields}
    return _Defaults(constants, tuple(made.items()))
