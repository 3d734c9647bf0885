"""After PostgreSQL was away: connections that died with it are thrown out together, not one request at a time."""

from __future__ import annotations

from django.db import connection
from psycopg import Error

from apps.core.postgresql.base import doubt_connections
from apps.core.postgresql.liveness import pulse


def drop_broken_connections() -> None:
    """Close this thread's connection, have the others try theirs, and the pool those it keeps; broken ones are replaced.

    Called when a statement failed because the database was away. Costs nothing until then, unlike a check before every
    request; what is left to fail afterwards are requests that are under way on a dead connection.
    """
    doubt_connections()
    if connection.in_atomic_block:
        return
    connection.close()
    pool = getattr(connection, "pool", None)
    # While it is away there is nothing to try; what does not work once it is back is found then.
    if pool is not None and pulse.answers():
        try:
            pool.check()
        except Error:
            return
