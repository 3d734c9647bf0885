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
    """An opaque, prefixed id; what the outside world calls a row.

    Each model says in ``Meta.constraints`` that it is unique. ``unique=True`` here would add a second index for LIKE to every
    table, which each insert pays for; only models whose ids people look for by their beginning have one, in ``Meta.indexes``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", ID_LENGTH)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)


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
