"""Keeps two runs off one data directory."""

import fcntl
import os
import sys
from pathlib import Path
from typing import IO

from .errors import AlreadyRunning


class DataLock:
    """A lock file that the system itself lets go when its holder dies, even by kill -9."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock and leave our pid in it.

        Raises:
            AlreadyRunning: somebody living holds it.
        """
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            pid, _, command = file.read().strip().partition(" ")
            file.close()
            holder = int(pid) if pid.isdigit() else 0
            raise AlreadyRunning(str(self._path.parent), holder, command or "unknown command") from None
        file.truncate(0)
        file.write(f"{os.getpid()} {' '.join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200]}\n")
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let go; letting go twice is a no-op."""
        if self._file:
            self._file.close()
            self._file = None
