"""The database backend: Django's, with its pool; while PostgreSQL does not answer, callers are refused at once."""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg import Error

from apps.core.postgresql.liveness import LivenessConnection, server


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper, which reports to ``liveness.server`` what it finds and asks it before it waits for a connection."""

    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        super().__init__(settings_dict, alias)
        if not server.address[0]:
            # Until a connection is made and knows better: libpq may take the address from elsewhere.
            server.address = (settings_dict["HOST"], int(settings_dict["PORT"] or 5432))
        pool = settings_dict["OPTIONS"].get("pool")
        if pool:
            pool.setdefault("connection_class", LivenessConnection)

    def connect(self) -> None:
        """Django's.

        Raises:
            ServerAway: the server is known to be away and still does not answer.
        """
        if server.require_alive() and self.pool is not None and not self.pool.closed:
            # What the pool holds may have died meanwhile.
            self.pool.check()
        try:
            super().connect()
        except Error:
            server.away = True
            raise
        server.connected_to(self.connection.info.host, self.connection.info.port)
