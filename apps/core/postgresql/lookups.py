"""Lookups that Django lacks: one of many values, one of a few constants, one of several LIKE patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Field, ForeignObject, Lookup
from django.db.models.sql.compiler import SQLCompiler

_WORD = re.compile(r"[a-z0-9_]+")


class InArray(Lookup):
    """``__in`` for lists of any length: one statement whatever their number, prepared once by driver and database.

    ``__in`` has a placeholder for each value; beyond fifty neither psycopg nor PostgreSQL knows the statement again.
    """

    lookup_name = "among"

    def get_prep_lookup(self) -> list[Any]:
        """The values as the column wants them, rows by their primary key; NULL is among nothing."""
        field = self.lhs.output_field
        given: Iterable[Any] = self.rhs
        plain = {getattr(value, "pk", value) for value in given}
        return [field.get_prep_value(value) for value in plain if value is not None]

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        if not self.rhs:
            raise EmptyResultSet
        column, params = self.process_lhs(compiler, connection)
        field = self.lhs.output_field
        # A longer text than the column holds is among nothing; as varchar(n) it would be cut and found.
        kind = "text" if isinstance(field, CharField) else field.db_type(connection)
        return f"{column} = ANY(%s::{kind}[])", (*params, self.rhs)


class InLiterals(Lookup):
    """``__in`` for a few words of our own, such as states, which then stand in the statement itself.

    A statement asked often is planned once for any value. For any state at all PostgreSQL expects to meet it soon by the
    key, and reads the whole table where few rows stand in it; nor does it see that a partial index holds them.
    """

    lookup_name = "spelled"

    def get_prep_lookup(self) -> list[str]:
        words = [str(value) for value in self.rhs]
        if strange := [word for word in words if not _WORD.fullmatch(word)]:
            raise ValueError(f"not words of our own: {strange}")
        return words

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        if not self.rhs:
            raise EmptyResultSet
        column, params = self.process_lhs(compiler, connection)
        words = ", ".join(f"'{word}'" for word in self.rhs)
        return f"{column} IN ({words})", tuple(params)


class LikeAny(Lookup):
    """Matches one of several patterns of LIKE; a trigram index serves them all in one statement."""

    lookup_name = "like_any"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        if not self.rhs:
            raise EmptyResultSet
        column, params = self.process_lhs(compiler, connection)
        return f"{column} LIKE ANY(%s::text[])", (*params, list(self.rhs))


def register_lookups() -> None:
    """Add them to every kind of field. Keys to other tables don't inherit lookups, so theirs are named."""
    Field.register_lookup(InArray)
    ForeignObject.register_lookup(InArray)
    Field.register_lookup(InLiterals)
    Field.register_lookup(LikeAny)
