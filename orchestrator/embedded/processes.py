"""A small supervisor: starts processes in order, keeps them running, and leaves none behind."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from .errors import EmbeddedError
from .interruption import Interruption
from .spawn import Child, spawn, tail

REAPER = Path(__file__).with_name("reaper.py")
# Between SIGTERM and SIGKILL for what a killed supervisor leaves behind.
REAPER_SECONDS = 3
FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 30.0
# A process that ran this long starts again with the first backoff.
STEADY_SECONDS = 60.0


@dataclass(frozen=True)
class Process:
    """One long-running command.

    Attributes:
        name: also the name of its log, `<name>.log`.
        env: added to the environment the supervisor gives to all.
        ready: a URL that must answer below 500, a question that must answer True, or None: no waiting.
        ready_seconds: how long it may take.
        grace_seconds: between SIGTERM and SIGKILL when it is stopped.
        listener: the socket it serves on, which it inherits at every start; ours, so that the port stays taken in between.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: str | Callable[[], bool] | None = None
    ready_seconds: float = 60.0
    grace_seconds: float = 10.0
    listener: socket.socket | None = None

    @property
    def fds(self) -> tuple[int, ...]:
        """The descriptors it inherits."""
        return (self.listener.fileno(),) if self.listener else ()

    def is_ready(self) -> bool:
        """Whether it does its work now."""
        if isinstance(self.ready, str):
            return answers(self.ready)
        return self.ready is None or self.ready()


class Running:
    """A process of ours with its present child and its history of deaths."""

    def __init__(self, process: Process, child: Child) -> None:
        self.process = process
        self.child = child
        self.started = time.monotonic()
        self.backoff = FIRST_BACKOFF
        self.restart_at: float | None = None

    def note_death(self) -> float:
        """Plan the restart; gives back the seconds until then."""
        if time.monotonic() - self.started > STEADY_SECONDS:
            self.backoff = FIRST_BACKOFF
        wait = self.backoff
        self.restart_at = time.monotonic() + wait
        self.backoff = min(self.backoff * 2, LONGEST_BACKOFF)
        return wait

    def note_restart(self, child: Child) -> None:
        """A new child took the place of the dead one."""
        self.child = child
        self.started = time.monotonic()
        self.restart_at = None


class Supervisor:
    """Starts processes, watches them, and stops them all when its `with` ends.

    Args:
        logs: folder for one log per process; an earlier run's log becomes `<name>.log.1`.
        cwd: working directory of the processes.
        env: added to our own environment for all of them.
        interruption: every wait ends with `Interrupted` when a signal has come.
        also_watch: looks after what the processes need, such as their servers; its `EmbeddedError` ends the watching.
    """

    def __init__(
        self,
        *,
        logs: Path,
        cwd: Path,
        env: Mapping[str, str],
        interruption: Interruption,
        say: Callable[[str], None],
        also_watch: Callable[[], None] | None = None,
    ) -> None:
        self._also_watch = also_watch
        self._logs = logs
        self._cwd = cwd
        self._env = {**os.environ, **env}
        self._interruption = interruption
        self._say = say
        self._running: list[Running] = []
        self._reaper: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Supervisor":
        self._logs.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-I", "-S", str(REAPER), str(REAPER_SECONDS)]
        self._reaper = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        if self._reaper:
            with contextlib.suppress(BrokenPipeError):
                self._reaper.communicate()
            self._reaper = None

    def start(self, process: Process) -> None:
        """Start one process and wait until it is ready.

        Raises:
            EmbeddedError: it ended, or wasn't ready in time; with the last lines of its log.
            Interrupted: a signal came meanwhile.
        """
        log = self.log(process.name)
        if log.exists():
            log.replace(log.with_name(f"{log.name}.1"))
        running = Running(process, self._spawn(process))
        self._running.append(running)
        deadline = time.monotonic() + process.ready_seconds
        while not process.is_ready():
            if not running.child.alive:
                code = running.child.exit_code
                raise EmbeddedError(f"{process.name} ended at once (exit code {code}).\n{tail(log)}")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{process.name} not ready in {process.ready_seconds:.0f} s.\n{tail(log)}")
            self._interruption.pause()

    def run(self, process: Process, *, stdout: int | None = None) -> int:
        """Run a command to its end while watching the others, and give back its exit code.

        Args:
            stdout: a descriptor for its standard output, standard error staying ours; None: both to its log.

        Raises:
            Interrupted: a signal came meanwhile; the command has been stopped.
        """
        self.log(process.name).unlink(missing_ok=True)
        child = self._spawn(process, stdout=stdout)
        try:
            while child.alive:
                self._interruption.pause()
                self.watch()
        finally:
            self._end(child, process.grace_seconds)
        return child.exit_code or 0

    def watch(self) -> None:
        """Look at every process once; restart those whose time has come."""
        if self._also_watch:
            self._also_watch()
        for running in self._running:
            if running.restart_at is None:
                if not running.child.alive:
                    self._bury(running)
            elif time.monotonic() >= running.restart_at:
                running.note_restart(self._spawn(running.process))
                self._say(f"{running.process.name} started again (pid {running.child.pid})")

    def watch_until_interrupted(self) -> None:
        """Keep everything running until a signal comes.

        Raises:
            Interrupted: it came.
        """
        while True:
            self.watch()
            self._interruption.pause(0.2)

    def stop(self) -> None:
        """Stop everything, the last started first; a second signal meanwhile skips the grace periods."""
        while self._running:
            running = self._running.pop()
            self._end(running.child, running.process.grace_seconds)

    def log(self, name: str) -> Path:
        """Log file of the process `name`."""
        return self._logs / f"{name}.log"

    def pids(self) -> dict[str, int]:
        """Process id by name, of those that run."""
        return {one.process.name: one.child.pid for one in self._running if one.child.alive}

    def _spawn(self, process: Process, stdout: int | None = None) -> Child:
        env = {**self._env, **process.env}
        if stdout is not None:
            child = spawn(process.argv, env=env, cwd=self._cwd, output=stdout, merge=False, fds=process.fds)
        else:
            with self.log(process.name).open("ab") as output:
                child = spawn(process.argv, env=env, cwd=self._cwd, output=output, fds=process.fds)
        self._tell_reaper(f"+{child.pid}")
        return child

    def _bury(self, running: Running) -> None:
        code = running.child.exit_code
        # Its own children may have outlived it and would hold its port.
        self._end(running.child, 0)
        wait = running.note_death()
        log = self.log(running.process.name)
        self._say(f"{running.process.name} died (exit code {code}); starting it again in {wait:.1f} s, see {log}")

    def _end(self, child: Child, grace_seconds: float) -> None:
        """SIGTERM, wait, SIGKILL the whole group: also what the process itself left behind."""
        if child.alive:
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while child.alive and time.monotonic() < deadline and self._interruption.count < 2:
            child.wait(0.05)
        child.kill_group()
        self._tell_reaper(f"-{child.pid}")

    def _tell_reaper(self, line: str) -> None:
        # Without a reaper (somebody killed it) the kernel's parent-death signal still stands.
        if self._reaper and self._reaper.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._reaper.stdin.write(f"{line}\n")
                self._reaper.stdin.flush()


def answers(url: str) -> bool:
    """Whether an HTTP server answers there with anything below 500; redirects are not followed."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=5)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
