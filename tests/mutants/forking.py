"""Running tests in a fork of this process, that has loaded what every one of them needs."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# What every fork needs is loaded once.
import hypothesis.stateful  # noqa: F401
import orjson  # noqa: F401
import pydantic.main  # noqa: F401
from cosmic_ray.work_item import TestOutcome

PROJECT = Path(__file__).resolve().parents[2]
# The exit code of a fork that could not run the tests at all.
UNFIT = 70


def use_tree() -> None:
    """What is imported from now on is the current folder's."""
    sys.dont_write_bytecode = True
    sys.path[:] = [os.getcwd(), *(path for path in sys.path if Path(path or ".").resolve() != PROJECT)]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("apps", "orchestrator", "tests")]:
        del sys.modules[name]


def in_fork(run: Callable[[], int], timeout: float) -> tuple[TestOutcome, str]:
    """The tests that ``run`` runs: noticed where it ends with another code than 0; ``UNFIT``: not run."""
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            _end_with(run, said.fileno())
        status = _wait(child, timeout)
        if status is None:
            return TestOutcome.KILLED, "timeout"
        said.seek(0)
        return _outcome(os.waitstatus_to_exitcode(status)), said.read().decode(errors="replace")


def _outcome(code: int) -> TestOutcome:
    if code == UNFIT:
        return TestOutcome.INCOMPETENT
    return TestOutcome.KILLED if code else TestOutcome.SURVIVED


def _end_with(run: Callable[[], int], said: int) -> None:
    try:
        os.setsid()
        os.dup2(said, 1)
        os.dup2(said, 2)
        os._exit(run())
    finally:
        os._exit(UNFIT)


def _wait(child: int, timeout: float) -> int | None:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None
