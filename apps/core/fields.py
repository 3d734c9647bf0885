"""Field kinds shared by the models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from apps.core.ids import ID_LENGTH

if TYPE_CHECKING:
    Text = models.CharField[str, str]
    BigInteger = models.BigIntegerField[int, int]
else:
    Text, BigInteger = models.CharField, models.BigIntegerField


class PublicIdField(Text):
    """A unique, opaque, prefixed id; what the outside world calls a row. ``searched``: also by its beginning."""

    def __init__(self, *args: Any, searched: bool = False, **kwargs: Any) -> None:
        self.searched = searched
        kwargs.setdefault("max_length", ID_LENGTH)
        kwargs.setdefault("unique", True)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Uniqueness is written out: a history table's copy of the field is not unique."""
        name, path, args, kwargs = super().deconstruct()
        searched = {"searched": True} if self.searched else {}
        return name, path, args, {**kwargs, **searched, "unique": self.unique}


class KeptJSONField(models.JSONField):
    """JSON that is kept as it was written and read as a whole: PostgreSQL's ``json``, which costs half of a ``jsonb`` to
    write. SQL's operators read it too; it has no index."""

    def db_type(self, connection: Any) -> str:
        return "json"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        # psycopg decodes this type itself.
        return super().from_db_value(value, expression, connection) if isinstance(value, str) else value


class MinorField(BigInteger):
    """Money in integer minor units; the currency stands in a field beside it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", 0)
        super().__init__(*args, **kwargs)


class CurrencyField(Text):
    """ISO 4217."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        super().__init__(*args, **kwargs)
