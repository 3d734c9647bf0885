"""Running tests that need neither Django nor a database in a fork of a process that has pytest loaded already."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import tempfile
import time
from pathlib import Path

# What every fork needs is loaded once.
import hypothesis.stateful  # noqa: F401
import orjson  # noqa: F401
import pydantic.main  # noqa: F401
import pytest
from cosmic_ray.work_item import TestOutcome

PROJECT = Path(__file__).resolve().parents[2]


def run_forked(command: str, timeout: float) -> tuple[TestOutcome, str]:
    """As cosmic-ray's ``run_tests`` answers; ``command`` is what pytest is given. Runs in the current folder's tree."""
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            _be_pytest(shlex.split(command), said.fileno())
        status = _wait(child, timeout)
        if status is None:
            return TestOutcome.KILLED, "timeout"
        said.seek(0)
        outcome = TestOutcome.KILLED if os.waitstatus_to_exitcode(status) else TestOutcome.SURVIVED
        return outcome, said.read().decode(errors="replace")


def _be_pytest(arguments: list[str], said: int) -> None:
    try:
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.dont_write_bytecode = True
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        sys.path[:] = [os.getcwd(), *(path for path in sys.path if Path(path or ".").resolve() != PROJECT)]
        for name in [name for name in sys.modules if name.partition(".")[0] in ("apps", "tests")]:
            del sys.modules[name]
        os._exit(int(pytest.main(arguments)))
    finally:
        os._exit(70)


def _wait(child: int, timeout: float) -> int | None:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None
