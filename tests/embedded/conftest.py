"""The embedded servers are tested for themselves: no Django and no database fixture.

`make test ARGS=tests/embedded` runs them alone.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from orchestrator.embedded import Servers, servers, throwaway_folder

PROJECT = Path(__file__).resolve().parents[2]
WAIT_SECONDS = 10


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data directory for one test. Not tmp_path: pytest keeps that closed to the user root's servers run as."""
    with throwaway_folder() as path:
        yield path


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data directory that has been made, for tests that leave it whole: making one is what takes the time."""
    with throwaway_folder() as path:
        with servers(path, throwaway=True):
            pass
        yield path


@pytest.fixture(scope="module")
def pair() -> Iterator[Servers]:
    """Both servers, for tests that leave them running."""
    with throwaway_folder() as path, servers(path, throwaway=True) as running:
        yield running


@pytest.fixture
def said() -> list[str]:
    """What was told to a person; pass its `append` as `say`."""
    return []


@pytest.fixture
def python() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python programs that can import the project; what is left of them is killed afterwards."""
    with ExitStack() as stack:

        def start(*arguments: str, **options: object) -> subprocess.Popen[str]:
            return stack.enter_context(started([sys.executable, *arguments], **options))

        yield start


@contextmanager
def started(command: list[str], **options: object) -> Iterator[subprocess.Popen[str]]:
    env = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    env |= {"PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"}
    settings = {"env": env, "cwd": PROJECT, "stdout": subprocess.PIPE, "text": True, **options}
    with subprocess.Popen(command, **settings) as process:  # type: ignore[call-overload]
        yield process
        process.kill()


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Wait until a question is answered with something true, or fail."""

    def wait(question: Callable[[], object]) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not question():
            assert time.monotonic() < deadline, "did not happen in time"
            time.sleep(0.02)

    return wait


@pytest.fixture
def working_in() -> Callable[[Path], list[int]]:
    """Pids of the processes whose command line names a path below the given one, zombies left out."""

    def find(path: Path) -> list[int]:
        found = []
        for process in psutil.process_iter(["cmdline", "cwd", "status"]):
            words = [*(process.info["cmdline"] or []), process.info["cwd"] or ""]
            zombie = process.info["status"] == psutil.STATUS_ZOMBIE
            if not zombie and process.pid != os.getpid() and any(str(path) in word for word in words):
                found.append(process.pid)
        return found

    return find


@pytest.fixture
def free_port_number() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
