"""Starts child processes that can't outlive us, and stops them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import psutil

from .errors import EmbeddedError
from .paths import Account

LAUNCHER = Path(__file__).with_name("launch.py")

# Linux sends the parent-death signal when the *thread* that started the child ends. Every child is started
# from this one thread, which lasts as long as the process, so that a test may restart a server from a brief
# thread.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


class Child:
    """One running child process; safe to ask and to stop from any thread."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Process id; also the id of its session and group when it was started with `session=True`."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Exit code as a shell reports it (128 + signal number when killed); None while it runs."""
        code = self._process.poll()
        return 128 - code if code is not None and code < 0 else code

    def send(self, signum: int) -> None:
        """Send one signal; nothing happens when the process is gone."""
        self._process.send_signal(signum)

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds`; True when it has ended."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill_tree(self) -> None:
        """SIGKILL the process and everything below it, as a power cut would, and wait until all are gone."""
        try:
            family = psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            family = []
        self._process.kill()
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        self._process.wait()
        wait_all(family, 5)

    def kill_group(self) -> None:
        """SIGKILL what is left of its process group. Only for children with a session of their own."""
        # Gone already is fine; macOS answers "not permitted" for a group of zombies.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | str = "/",
    output: int | IO[bytes] | None = None,
    merge: bool = True,
    feed: bytes | None = None,
    account: Account | None = None,
    death_signal: int = signal.SIGTERM,
    session: bool = True,
    fds: Sequence[int] = (),
) -> Child:
    """Start `argv` so that it gets `death_signal` when this process ends, even by kill -9.

    Args:
        output: file (or descriptor) that receives its stdout; None keeps ours.
        merge: send its stderr there too; otherwise it keeps ours.
        feed: bytes written to its standard input, which is then closed; without it, stdin is empty in a
            session of its own and ours otherwise.
        account: the unprivileged user to run as; None keeps the user.
        session: give it a session of its own, out of reach of the terminal's Ctrl-C.
        fds: descriptors it inherits under the same numbers.
    """
    who = (account.uid, account.gid) if account else (-1, -1)
    prefix = [
        sys.executable,
        "-I",
        "-S",
        str(LAUNCHER),
        str(os.getpid()),
        str(int(death_signal)),
        *map(str, who),
    ]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*prefix, *argv],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.PIPE if feed is not None else subprocess.DEVNULL if session else None,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None and merge else None,
            start_new_session=session,
            pass_fds=fds,
        )

    process = _spawner.submit(start).result()
    if process.stdin is not None:
        # If it has ended already, whoever waits for it to be ready reports that, with its log.
        with contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write(feed or b"")
    return Child(process)


def wait_all(processes: Sequence[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait up to `seconds` until all have ended, and give back those that have not.

    A zombie has ended: whose child it is may take its time to collect it.
    """
    deadline = time.monotonic() + seconds
    left = [process for process in processes if runs(process)]
    while left and time.monotonic() < deadline:
        time.sleep(0.01)
        left = [process for process in left if runs(process)]
    return left


def runs(process: psutil.Process) -> bool:
    """Whether the process still does anything."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_until_ready(child: Child, ready: Callable[[], bool], *, name: str, log: Path, seconds: float) -> None:
    """Poll `ready()` until it is true.

    Raises:
        EmbeddedError: the process ended, or `seconds` passed; with the last lines of its log.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if not child.alive:
            raise EmbeddedError(f"{name} ended at once (exit code {child.exit_code}).\n{tail(log)}")
        if time.monotonic() > deadline:
            raise EmbeddedError(f"{name} was not ready after {seconds:.0f} s.\n{tail(log)}")
        time.sleep(0.01)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file, indented, with the file named first."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return f"  (no log at {log})"
    return "\n".join([f"  {log}:", *(f"    {line}" for line in text.splitlines()[-lines:])])
