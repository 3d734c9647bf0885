"""Real threads on real connections."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.db import connection, connections

from apps.core.errors import DomainError
from apps.core.transactions import in_transaction


class Meanwhile:
    """Work that begins at once in a thread of its own, while the test holds locks in a transaction."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work, self._found = work, list[object]()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._found.append(in_transaction(self._work))
        except DomainError as refused:
            self._found.append(refused)
        finally:
            connections.close_all()

    def waits_for_a_lock(self) -> bool:
        """True as soon as it does; False where it was done without."""
        while self._thread.is_alive():
            if _somebody_waits():
                return True
            time.sleep(0.01)
        return False

    def outcome(self) -> object:
        """What it came to, refusals included; to be asked once the test has let go of its locks."""
        self._thread.join(30)
        return self._found[0]


def _somebody_waits() -> bool:
    # Within one transaction PostgreSQL goes on showing the activity as it stood at the first look.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return bool(cursor.fetchone()[0])


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run all of it at the same moment, each in a thread of its own; answers what each came to, refusals included."""
    barrier, found = threading.Barrier(len(works)), [None] * len(works)  # type: list[object]

    def body(number: int, work: Callable[[], object]) -> None:
        try:
            barrier.wait(10)
            found[number] = in_transaction(work)
        except DomainError as refused:
            found[number] = refused
        finally:
            connections.close_all()

    threads = [threading.Thread(target=body, args=one) for one in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found
