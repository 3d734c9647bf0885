"""What the bulk writers have to know of a model's columns, and the kinds of fields that they can't write.

The writers don't call ``Model.save``, so whatever a field does there has to be honored here or refused: a field that encrypts
would otherwise be written in plain text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core import checks
from django.db import connection, models
from django.db.models import Value
from django.db.models.expressions import DatabaseDefault

if TYPE_CHECKING:
    AnyField = models.Field[Any, Any]
else:
    AnyField = models.Field

# By ``Field.get_internal_type``. Their Python values travel as JSON, as text and in COPY without loss.
WRITABLE = frozenset(
    {
        "AutoField", "BigAutoField", "BigIntegerField", "BinaryField", "BooleanField", "CharField", "DateField", "DateTimeField",
        "FloatField", "IntegerField", "JSONField", "PositiveBigIntegerField", "PositiveIntegerField",
        "PositiveSmallIntegerField", "SlugField", "SmallIntegerField", "TextField", "TimeField",
    }
)  # fmt: skip


class NotWritable(TypeError):
    """A field does something on saving that the bulk writers would leave out."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a model. ``prepare`` is the field's own conversion, where it has one that is not Django's."""

    attname: str
    name: str
    is_json: bool
    prepare: Callable[[Any], Any] | None

    def value_of(self, row: models.Model) -> Any:
        """The row's value as the database is to have it; JSON still as Python's."""
        value = row.__dict__[self.attname]
        return value if self.prepare is None else self.prepare(value)


@cache
def insert_columns(model: type[models.Model], with_pk: bool) -> tuple[Column, ...]:
    """Every column that an insert writes, in the model's order; without the primary key the database gives it.

    Raises:
        NotWritable: the model has a field that can't be written in bulk.
    """
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    return tuple(_column(field) for field in fields if with_pk or not field.primary_key)


@cache
def update_columns(model: type[models.Model], names: tuple[str, ...]) -> tuple[AnyField, ...]:
    """The fields of these names.

    Raises:
        FieldDoesNotExist: the model has no such field.
        NotWritable: one of them can't be written in bulk.
    """
    fields = tuple(model._meta.get_field(name) for name in names)
    for field in fields:
        refuse_unwritable(field)  # type: ignore[arg-type]
        if isinstance(field, ArrayField) and field.null:
            raise NotWritable(f"{field} is an array that may be NULL: bulk_update would write an empty one")
    return fields  # type: ignore[return-value]


def refuse_unwritable(field: AnyField) -> None:
    """Raises NotWritable for a field whose saving the bulk writers can't do."""
    kind = _plain_kind(field)
    if kind not in WRITABLE:
        raise NotWritable(
            f"{field} is a {kind}, which apps.core.bulk can't write; add it there, with a test, or use save()"
        )
    if (
        not _is_django_s(field, "pre_save")
        or getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
    ):
        raise NotWritable(f"{field} sets itself on save(), which apps.core.bulk does not call")


def check_models(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """A Django system check: every field of the project's models can be written in bulk, so none is found out at night."""
    found: list[checks.CheckMessage] = []
    for model in _models_of_project():
        for field in model._meta.concrete_fields:
            try:
                if not field.generated:
                    refuse_unwritable(field)
            except NotWritable as refusal:
                found.append(checks.Error(str(refusal), obj=model, id="core.E001"))
    return found


def as_json(values: Any) -> str:
    """``values`` as PostgreSQL reads them back into columns: times as ISO 8601, bytes as a bytea is written.

    Raises TypeError for a value of any other kind.
    """
    try:
        return orjson.dumps(values, default=_bytea).decode()
    except TypeError:
        # A number beyond 64 bits is JSON all the same, where a source sent one.
        return json.dumps(values, default=_text)


def as_array(values: Sequence[Any]) -> str:
    """``values`` as the text of a PostgreSQL array, to be cast where it stands: ``%s::bigint[]``. For many numbers, times or
    texts, because psycopg looks at each element of a list in Python. Raises TypeError for a value of any other kind."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _models_of_project() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("apps.")]


def _plain_kind(field: AnyField) -> str:
    """What its values are: of a key those of its target, of an array those of its elements."""
    if isinstance(field, ArrayField):
        return _plain_kind(field.base_field)
    if isinstance(field, models.ForeignKey):
        return _plain_kind(field.target_field)
    return str(field.get_internal_type())


def _is_django_s(field: AnyField, method: str) -> bool:
    return str(getattr(type(field), method).__module__).startswith("django.")


def _column(field: AnyField) -> Column:
    refuse_unwritable(field)
    converts = ("get_prep_value", "get_db_prep_value", "get_db_prep_save")
    own = not all(_is_django_s(field, method) for method in converts)
    is_json = isinstance(field, models.JSONField)
    if own and (is_json or isinstance(field, ArrayField)):
        raise NotWritable(f"{field} converts its values itself, which apps.core.bulk honors for plain columns only")
    return Column(field.attname, str(field.column), is_json, _with_default(field, _prepare_by(field) if own else None))


def _prepare_by(field: AnyField) -> Callable[[Any], Any]:
    return lambda value: field.get_db_prep_save(value, connection)


def _with_default(field: AnyField, prepare: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    """A value that Django leaves to the database, because only the column has a default, is that default."""
    if field.db_default is models.NOT_PROVIDED or field.has_default():
        return prepare
    default = field.db_default.value if isinstance(field.db_default, Value) else field.db_default
    if hasattr(default, "resolve_expression"):
        raise NotWritable(f"{field} has a default that only the database can compute")

    def filled(value: Any) -> Any:
        given = default if isinstance(value, DatabaseDefault) else value
        return given if prepare is None else prepare(given)

    return filled


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (int, float)):
        return str(value)
    text = value if isinstance(value, str) else _text(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bytea(value: Any) -> str:
    if isinstance(value, (bytes, memoryview)):
        return "\\x" + bytes(value).hex()
    raise TypeError(f"{type(value).__name__} is no value of a column")


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, (datetime, date, time)) else _bytea(value)
