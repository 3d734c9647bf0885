"""Which indexes a table gets: an index that no question uses costs every row that is written."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.postgresql import schema


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Django's, less two kinds of indexes that it adds by itself: they were a third of all that an order wrote into."""

    def _field_should_be_indexed(self, model: type[models.Model], field: models.Field[Any, Any]) -> bool:
        """The history of a row is looked for by its key; the copy of every index it has in its own table is for nobody."""
        if _is_history(model) and field.column != "id":
            return False
        return bool(super()._field_should_be_indexed(model, field))  # type: ignore[misc]

    def _create_like_index_sql(self, model: type[models.Model], field: models.Field[Any, Any]) -> Any:
        """A second index for LIKE, beside the unique one, only for public ids of which people type the beginning."""
        if _is_history(model) or not getattr(field, "searched", True):
            return None
        return super()._create_like_index_sql(model, field)  # type: ignore[misc]


def _is_history(model: type[models.Model]) -> bool:
    return any(field.name == "history_type" for field in model._meta.local_fields)
