"""Making rows that are about to be inserted in number: there Django's ``__init__`` costs more than the insert itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from django.db import models
from django.db.models.base import ModelState

Row = TypeVar("Row", bound=models.Model)
_Defaults = tuple[dict[str, Any], tuple[tuple[str, Callable[[], Any]], ...]]


def make_row(model: type[Row], **values: Any) -> Row:
    """An unsaved row of the model; ``values`` by column attribute (``order_id``, not ``order``), defaults for the rest.

    Nothing here listens to the signals that ``__init__`` sends. Raises TypeError for what is no column.
    """
    constants, made = _defaults(model)
    row = model.__new__(model)
    held = row.__dict__
    held["_state"] = ModelState()
    held.update(constants)
    held.update(values)
    if len(held) != len(constants) + 1:
        raise TypeError(f"{model.__name__} has no {', '.join(sorted(values.keys() - constants.keys()))}")
    for name, default in made:
        if name not in values:
            held[name] = default()
    return row


@cache
def _defaults(model: type[models.Model]) -> _Defaults:
    """Every column attribute with what it is where nobody says; those whose default is made anew for each row also apart."""
    fields = model._meta.concrete_fields
    made = {field.attname: field.default for field in fields if field.has_default() and callable(field.default)}
    constants = {field.attname: None if field.attname in made else field.get_default() for field in fields}
    return constants, tuple(made.items())
