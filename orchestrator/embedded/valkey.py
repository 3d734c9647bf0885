"""A real Valkey of our own: the broker's and the cache's server, holding nothing that must survive it."""

import secrets
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from .binaries import find_valkey, server_env
from .errors import EmbeddedError
from .paths import lay_out
from .ports import LOOPBACK, free_port
from .spawn import Child, spawn, wait_until_ready

START_SECONDS = 15
STOP_SECONDS = 5
PORT_TRIES = 3

CONFIG = """\
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
save ""
appendonly no
maxmemory-policy noeviction
daemonize no
"""


class Valkey:
    """One Valkey on loopback, behind a password made for this run.

    Attributes:
        port: its port; chosen at the first start and kept over restarts, so that `url` stays true.
    """

    def __init__(self, data_dir: Path, *, say: Callable[[str], None]) -> None:
        self._data_dir = data_dir
        self._say = say
        self._password = secrets.token_urlsafe(24)
        self._child: Child | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """What REDIS_URL should be."""
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/0"

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._child.pid if self._child and self._child.alive else None

    def start(self) -> None:
        """Start it and wait until it answers; a no-op while it runs.

        Raises:
            EmbeddedError: it did not come up.
        """
        if self.pid:
            return
        if self.port:
            self._start_on(self.port)
            return
        for attempt in range(PORT_TRIES):
            port = free_port(None, purpose="Valkey", say=self._say)
            try:
                self._start_on(port)
            except EmbeddedError:
                # Between our look and its bind another program may have taken the port.
                if attempt == PORT_TRIES - 1:
                    raise
            else:
                self.port = port
                return

    def stop(self) -> None:
        """Stop it in good order; a no-op when it doesn't run."""
        if self._child:
            self._child.send(signal.SIGTERM)
            if not self._child.wait(STOP_SECONDS):
                self._child.kill_tree()
            self._child = None

    def kill(self) -> None:
        """kill -9, for tests of what happens then."""
        if self._child:
            self._child.kill_tree()
            self._child = None

    def _start_on(self, port: int) -> None:
        layout = lay_out(self._data_dir)
        program = find_valkey(layout.account, self._say)
        log = layout.logs / "valkey.log"
        # Configuration goes in by stdin: the password stands neither in a file nor in the process list.
        config = CONFIG.format(port=port, password=self._password)
        with log.open("wb") as output:
            argv = [str(program.path), "-"]
            child = spawn(
                argv,
                env=server_env(),
                cwd=layout.run,
                output=output,
                feed=config.encode(),
                account=layout.account,
            )
        try:
            wait_until_ready(child, lambda: self._answers(port), name="Valkey", log=log, seconds=START_SECONDS)
        except BaseException:
            child.kill_tree()
            raise
        self._child = child

    def _answers(self, port: int) -> bool:
        """Whether our server, and no stranger's, answers on the port."""
        try:
            with socket.create_connection((LOOPBACK, port), timeout=1) as caller:
                caller.sendall(f"AUTH {self._password}\r\n".encode())
                return caller.recv(64).startswith(b"+OK")
        except OSError:
            return False
