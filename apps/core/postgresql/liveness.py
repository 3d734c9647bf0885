"""Whether PostgreSQL answers at all, so that nobody waits without end for one that is frozen, cut off or gone.

A statement may take long; a server that lives says so at once. So whoever has waited for a statement for a while asks the server
for a sign of life on a connection of its own, and gives up only where none comes.
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
from psycopg.errors import _WaitTimeout

Result = TypeVar("Result")

# "Do you speak TLS?": every server answers with one letter, before it asks who one is, and notes nothing in its log.
SIGN_OF_LIFE = struct.pack("!ii", 8, 80877103)
FRESH_S = 0.5
# While it is known to be away, a statement on a connection from before is given up this soon.
IMPATIENCE_S = 0.1


class Away(OperationalError):
    """PostgreSQL gave no sign of life."""


class Pulse:
    """What this process last heard of the server; shared by its threads, one of which asks at a time."""

    def __init__(self) -> None:
        # Until this process has heard of it.
        self.away = True
        self.address = ("", 0)
        self._asked_at = float("-inf")
        self._asking = threading.Lock()

    def reached(self, host: str, port: int) -> None:
        """The server is there: one could connect."""
        self.address = (host, port)
        self.away = False

    def answers(self) -> bool:
        """Whether there is a sign of life within ``DATABASE_SIGN_S``; what was heard a moment ago is taken as heard now."""
        with self._asking:
            if not self.address[0]:
                # libpq alone knows where; whoever connects will see.
                self.away = False
            elif time.monotonic() - self._asked_at > FRESH_S:
                self.away = not _gives_sign(*self.address, within_s=settings.DATABASE_SIGN_S)
                self._asked_at = time.monotonic()
            return not self.away

    def require(self) -> bool:
        """Refuse at once while the server is known to be away; True when it has come back.

        Raises:
            Away: it has not.
        """
        if not self.away:
            return False
        if not self.answers():
            raise Away("PostgreSQL does not answer")
        return True


pulse = Pulse()


def _gives_sign(host: str, port: int, *, within_s: float) -> bool:
    try:
        with _call(host, port, within_s) as caller:
            caller.sendall(SIGN_OF_LIFE)
            return bool(caller.recv(1))
    except OSError:
        return False


def _call(host: str, port: int, within_s: float) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, port), within_s)
    caller = socket.socket(socket.AF_UNIX)
    try:
        caller.settimeout(within_s)
        caller.connect(f"{host}/.s.PGSQL.{port}")
    except OSError:
        caller.close()
        raise
    return caller


class PromptConnection(Connection):
    """A connection whose statements wait for as long as the server lives, and no longer."""

    def wait(self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None) -> Result:
        """psycopg's; without a ``timeout`` of the caller's the server's life is asked after from time to time.

        Raises:
            Away: it gave no sign. The connection is closed; whether the statement was done is not known.
        """
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        while True:
            try:
                return super().wait(gen, interval, IMPATIENCE_S if pulse.away else settings.DATABASE_SILENCE_S)
            except _WaitTimeout:
                if not pulse.answers():
                    self.pgconn.finish()
                    raise Away("PostgreSQL does not answer") from None
