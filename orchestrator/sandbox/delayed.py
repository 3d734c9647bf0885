"""Things that happen a little later: one thread waits, a few do."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

Job = Callable[[], None]


class Clockwork:
    """Runs jobs after a delay. What has not run when it stops is forgotten."""

    def __init__(self, hands: int = 8) -> None:
        self._due: list[tuple[float, int, Job]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._stopped = False
        self._hands = ThreadPoolExecutor(hands, thread_name_prefix="sandbox-hand")
        self._thread = threading.Thread(target=self._run, name="sandbox-clock", daemon=True)
        self._thread.start()

    def after(self, seconds: float, job: Job) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), job))
            self._changed.notify()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()
        self._hands.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                while self._due and self._due[0][0] <= now:
                    self._hands.submit(heapq.heappop(self._due)[2])
                self._changed.wait(self._due[0][0] - now if self._due else None)
