"""The database backend of this project.

A connection of the pool stays with its thread for some seconds: taking it out and putting it back for every request was a
fifteenth of what the smallest cost.

Every row has several times, and Django reads each by a regular expression in Python; that was a twentieth of all CPU. The
standard library understands PostgreSQL's way of writing them, in C.
"""

from __future__ import annotations

import threading
import time
import weakref
from datetime import datetime
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg import Error
from psycopg.adapt import AdaptersMap, Buffer
from psycopg_pool import ConnectionPool

from apps.core.postgresql.liveness import PromptConnection, pulse
from apps.core.postgresql.schema import DatabaseSchemaEditor

IN_HAND_S = 5.0
_lost_at = float("-inf")


def doubt_connections() -> None:
    """The database was away: what threads have in hand from before is tried before it is used again."""
    global _lost_at
    _lost_at = time.monotonic()


class DatabaseWrapper(base.DatabaseWrapper):
    """Connections that stay in hand for a while and read ``timestamptz`` fast, and tables without indexes that nobody uses."""

    SchemaEditorClass = DatabaseSchemaEditor
    _taken_at = 0.0

    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        super().__init__(settings_dict, alias)
        if not pulse.address[0]:
            # Until one has connected and knows better.
            pulse.address = (settings_dict["HOST"], int(settings_dict["PORT"] or 5432))
        pool = settings_dict["OPTIONS"].get("pool")
        if pool:
            pool.setdefault("connection_class", PromptConnection)

    def connect(self) -> None:
        """Django's; refused at once while PostgreSQL is known to be away. A connection of the pool goes back after the first request that ends ``IN_HAND_S`` later. The last one there
        is goes back at once, so that threads beyond the pool's size have one to take turns with."""
        if pulse.require() and self.pool is not None and not self.pool.closed:
            # What the pool has kept may have died meanwhile.
            self.pool.check()
        try:
            super().connect()
        except Error:
            pulse.away = True
            raise
        pulse.reached(self.connection.info.host, self.connection.info.port)
        if self.pool is not None:
            self._taken_at = time.monotonic()
            self.close_at = self._taken_at + (IN_HAND_S if _others_are_left(self.pool) else 0.0)
            # Only weakly here: this object refers to itself and would outlive its thread until garbage is looked for.
            self._hold = weakref.ref(_holds.keep(id(self), _Hold(self.connection)))

    def _close(self) -> None:
        hold = self._hold() if self.pool is not None else None
        if hold is not None:
            hold.connection = None
        super()._close()  # type: ignore[misc]  # the stubs leave it out

    def close_if_unusable_or_obsolete(self) -> None:
        if self._taken_at <= _lost_at:
            self.errors_occurred = True
        super().close_if_unusable_or_obsolete()

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        return {**params, "context": _adapters(params["context"], self.timezone)}


def _others_are_left(pool: ConnectionPool) -> bool:
    stats = pool.get_stats()
    return bool(stats["pool_size"] - stats["pool_available"] < stats["pool_max"])


class _Hold:
    """A thread's hold on a connection: when the thread ends without having closed it, it goes back to its pool."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def __del__(self) -> None:
        if self.connection is not None:
            self.connection._pool.putconn(self.connection)


class _Holds(threading.local):
    """The holds of one thread, by the wrapper that has it: there may be several, and one is not the other's to end."""

    def __init__(self) -> None:
        self._by_wrapper: dict[int, _Hold] = {}

    def keep(self, wrapper: int, hold: _Hold) -> _Hold:
        self._by_wrapper[wrapper] = hold
        return hold


_holds = _Holds()


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
