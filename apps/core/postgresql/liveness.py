"""Whether PostgreSQL answers at all, so that no thread waits forever for one that hangs, is cut off or gone.

A long statement is no reason to give up: a server that is alive answers a new connection at once. So a thread that has waited
for its statement for a while checks the server on a connection of its own, and gives up only if that gets no answer (ADR 20).
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from typing import TypeVar

from django.conf import settings
from psycopg import Connection, OperationalError
from psycopg.abc import PQGen

# Private to psycopg, and raised by Connection.wait alone. It is the one way to wait for a statement a while at a time;
# tests/core/test_liveness.py notices when it goes.
from psycopg.errors import _WaitTimeout

Result = TypeVar("Result")

# PostgreSQL's SSLRequest. Every server and PgBouncer answers it with one byte before authentication, and logs nothing.
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
# Seconds for which an answer, or its absence, is taken as still true.
FRESH_S = 0.5
# Seconds after which a statement on an old connection is given up while the server is known to be away.
AWAY_TIMEOUT_S = 0.1


class ServerAway(OperationalError):
    """PostgreSQL did not answer."""


class Server:
    """What this process last saw of the database server; shared by its threads, one of which checks at a time."""

    def __init__(self) -> None:
        # Until this process has reached it.
        self.away = True
        self.address = ("", 0)
        self._checked_at = float("-inf")
        self._checking = threading.Lock()

    def connected_to(self, host: str, port: int) -> None:
        """The server is there: a connection was made."""
        self.address = (host, port)
        self.away = False

    def is_alive(self) -> bool:
        """Whether the server answers within ``DATABASE_CHECK_TIMEOUT_S``; a result of the last ``FRESH_S`` is reused."""
        with self._checking:
            if not self.address[0]:
                # Only libpq knows the address; whoever connects next will see.
                self.away = False
            elif time.monotonic() - self._checked_at > FRESH_S:
                self.away = not _answers(*self.address, within_s=settings.DATABASE_CHECK_TIMEOUT_S)
                self._checked_at = time.monotonic()
            return not self.away

    def require_alive(self) -> bool:
        """Refuse at once while the server is known to be away; True when it has come back.

        Raises:
            ServerAway: it has not.
        """
        if not self.away:
            return False
        if not self.is_alive():
            raise ServerAway("PostgreSQL does not answer")
        return True


server = Server()


def _answers(host: str, port: int, *, within_s: float) -> bool:
    try:
        with _open_socket(host, port, within_s) as opened:
            opened.sendall(SSL_REQUEST)
            return bool(opened.recv(1))
    except OSError:
        return False


def _open_socket(host: str, port: int, within_s: float) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, port), within_s)
    opened = socket.socket(socket.AF_UNIX)
    try:
        opened.settimeout(within_s)
        opened.connect(f"{host}/.s.PGSQL.{port}")
    except OSError:
        opened.close()
        raise
    return opened


class LivenessConnection(Connection):
    """A connection whose statements wait for as long as the server is alive, and no longer."""

    def wait(self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None) -> Result:
        """psycopg's; without a ``timeout`` of the caller's the server is checked every ``DATABASE_CHECK_AFTER_S``.

        Raises:
            ServerAway: it did not answer. The connection is closed; whether the statement was done is not known.
        """
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        while True:
            try:
                return super().wait(gen, interval, AWAY_TIMEOUT_S if server.away else settings.DATABASE_CHECK_AFTER_S)
            except _WaitTimeout:
                if not server.is_alive():
                    self.pgconn.finish()
                    raise ServerAway("PostgreSQL does not answer") from None
