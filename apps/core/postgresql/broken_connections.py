"""After PostgreSQL was away: connections that died with it are thrown out together, not one request at a time."""

from __future__ import annotations

from django.db import connection
from psycopg import Error

from apps.core.postgresql.liveness import server


def drop_broken_connections() -> None:
    """Close this thread's connection and have the pool test those it holds; broken ones are replaced.

    Called when a statement failed because the database was away. It costs nothing until then, unlike a check before every
    request. What still fails afterwards are requests that are under way on a dead connection.
    """
    if connection.in_atomic_block:
        return
    connection.close()
    pool = getattr(connection, "pool", None)
    # While it is away there is nothing to test; connections that died are found once it is back (base.py, connect).
    if pool is not None and server.is_alive():
        try:
            pool.check()
        except Error:
            return
