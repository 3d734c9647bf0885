"""Real threads on real connections."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connections

from apps.core.errors import DomainError
from apps.core.transactions import in_transaction


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
