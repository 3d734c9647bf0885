"""Starts a server again that died by itself, a little later each time, and says so when that is of no use."""

import time
from collections.abc import Callable
from typing import Protocol

from .errors import EmbeddedError

FIRST_BACKOFF = 0.5
# Deaths and failed starts in a row, each within STEADY_SECONDS of the last start, before it is given up.
MOST_FAILURES = 5
STEADY_SECONDS = 60.0


class Server(Protocol):
    """What can be guarded."""

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""

    def start(self) -> None:
        """Start it and wait until it answers; EmbeddedError when it does not come up."""


class Guard:
    """Looks after one server of ours; call `watch` every moment, and not while somebody stops the server on purpose."""

    def __init__(self, name: str, server: Server, say: Callable[[str], None]) -> None:
        self._name = name
        self._server = server
        self._say = say
        self._failures = 0
        self._started_at = float("-inf")
        self._restart_at: float | None = None

    def watch(self) -> None:
        """Look once; start it again when its time has come.

        Raises:
            EmbeddedError: it has died, or not come up, too often.
        """
        if self._restart_at is None:
            if self._server.pid is None:
                self._note_failure("died")
        elif time.monotonic() >= self._restart_at:
            self._start_again()

    def _start_again(self) -> None:
        try:
            self._server.start()
        except EmbeddedError as error:
            self._note_failure("did not come up", str(error))
        else:
            self._restart_at = None
            self._started_at = time.monotonic()
            self._say(f"{self._name} started again (pid {self._server.pid})")

    def _note_failure(self, what: str, why: str = "") -> None:
        if time.monotonic() - self._started_at > STEADY_SECONDS and self._restart_at is None:
            self._failures = 0
        self._failures += 1
        if self._failures > MOST_FAILURES:
            raise EmbeddedError(
                f"{self._name} can't be kept running: it {what} again. Stopping everything.\n{why}".rstrip()
            )
        wait = FIRST_BACKOFF * 2 ** (self._failures - 1)
        self._restart_at = time.monotonic() + wait
        self._say(f"{self._name} {what}; starting it again in {wait:.1f} s")
