"""The database backend of this project.

Every row has several times, and Django reads each by a regular expression in Python; that was a twentieth of all CPU. The
standard library understands PostgreSQL's way of writing them, in C.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg.adapt import AdaptersMap, Buffer

from apps.core.postgresql.schema import DatabaseSchemaEditor


class DatabaseWrapper(base.DatabaseWrapper):
    """Connections whose ``timestamptz`` is read fast, and tables without indexes that nobody uses."""

    SchemaEditorClass = DatabaseSchemaEditor

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        return {**params, "context": _adapters(params["context"], self.timezone)}


@cache
def _adapters(template: AdaptersMap, zone: Any) -> AdaptersMap:
    class Loader(_TimeLoader):
        timezone = zone

    adapters = AdaptersMap(template)
    adapters.register_loader("timestamptz", Loader)
    return adapters


class _TimeLoader(BaseTzLoader):  # type: ignore[misc]
    def load(self, data: Buffer) -> Any:
        try:
            moment = datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            # A year beyond what Python knows: let psycopg say so.
            return super().load(data)
        # Connections run in UTC; in another zone the offset stands in the text.
        return moment if self.timezone is moment.tzinfo else moment.replace(tzinfo=self.timezone)
