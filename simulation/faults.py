"""What can go wrong between any two statements: the process dies, the connection breaks, two transactions meet.

Everything that is sent to PostgreSQL, a commit and a rollback included, goes through ``psycopg.Connection.wait``: that is where
positions are counted, and where a fault is set off before the statement goes out.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from django.db import close_old_connections, connection, connections
from psycopg.pq import TransactionStatus

# What psycopg does by itself, without asking the server.
_SENDS_NOTHING = frozenset({"_set_autocommit_gen"})
Kind = Literal["crash", "away", "deadlock", "unsent"]


class Crashed(BaseException):
    """The process is dead: no handler of the product may catch this, and nothing more of it runs."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``at``: before how many-th statement from here, the first being 1; ``unsent``: before how many-th call to a partner."""

    kind: Kind
    at: int

    def __str__(self) -> str:
        return f"{self.kind} at {'call' if self.kind == 'unsent' else 'statement'} {self.at}"


class Statements:
    """Counts the statements of one thread, and breaks one of them."""

    def __init__(self) -> None:
        self.count = self.calls = 0
        self.struck = False
        self._fault: Fault | None = None
        self._dead = False
        self._thread = threading.get_ident()

    def arm(self, fault: Fault | None) -> None:
        self.count = self.calls = 0
        self.struck, self._fault, self._dead = False, fault, False

    def before_call(self) -> None:
        """A call has been written down, and is about to be made."""
        self.calls += 1
        if self._fault is not None and self._fault.kind == "unsent" and self.calls == self._fault.at:
            self._die()

    def _die(self) -> None:
        self.struck = self._dead = True
        raise Crashed

    def before(self, raw: psycopg.Connection[Any]) -> None:
        if threading.get_ident() != self._thread:
            return
        if self._dead:
            raise Crashed
        self.count += 1
        fault = self._fault
        if fault is None or fault.kind == "unsent" or self.struck or self.count < fault.at:
            return
        if fault.kind == "deadlock":
            self._meet(raw)
            return
        self.struck = True
        if fault.kind == "crash":
            self._die()
        raw.close()
        raise psycopg.OperationalError("the simulated connection is lost")

    def _meet(self, raw: psycopg.Connection[Any]) -> None:
        """PostgreSQL finds deadlocks inside transactions only; the next one is taken."""
        if raw.info.transaction_status != TransactionStatus.INTRANS:
            return
        self.struck = True
        raw.pgconn.exec_(b"SELECT 1/0")
        raise psycopg.errors.DeadlockDetected("a simulated deadlock")


@contextmanager
def watched_statements() -> Iterator[Statements]:
    """Inside the block, faults can be set off in this thread's statements."""
    statements, wait = Statements(), psycopg.Connection.wait

    def watched(self: psycopg.Connection[Any], gen: Any, *args: Any, **kwargs: Any) -> Any:
        if gen.__name__ not in _SENDS_NOTHING:
            statements.before(self)
        return wait(self, gen, *args, **kwargs)

    psycopg.Connection.wait = watched  # type: ignore[method-assign,assignment]
    try:
        yield statements
    finally:
        psycopg.Connection.wait = wait  # type: ignore[method-assign]


def bury() -> None:
    """What is left of a dead process: PostgreSQL sees its connection gone and rolls back. The next one starts with a fresh one."""
    raw = connection.connection
    if raw is not None:
        raw.close()
        with suppress(psycopg.Error):
            connection._close()  # type: ignore[attr-defined]
    del connections["default"]


def tidy() -> None:
    """As between two tasks of a worker or two requests: a connection that broke is let go."""
    close_old_connections()
