"""What dies by itself is started again; what can't be kept running is said, and ends everything."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from orchestrator.embedded import EmbeddedError, Servers, guard, servers
from orchestrator.embedded.guard import Guard

Start = Callable[..., subprocess.Popen[str]]
WorkingIn = Callable[[Path], list[int]]

# Prints the servers' pids once, then whether each answers, until both have other pids.
LASTS = """
import os, sys, time, psycopg, redis
from pathlib import Path
def answers():
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=2) as connection:
            connection.execute("select 1")
        with redis.from_url(os.environ["REDIS_URL"]) as client:
            client.ping()
        return True
    except (psycopg.Error, redis.RedisError):
        return False
while not Path(sys.argv[1]).exists():
    time.sleep(0.05)
deadline = time.monotonic() + 30
while not answers():
    assert time.monotonic() < deadline
    time.sleep(0.05)
print("answers again")
"""


def watch_until(pair: Servers, question: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not question():
        assert time.monotonic() < deadline, "did not happen in time"
        pair.watch()
        time.sleep(0.02)


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_a_server_killed_with_kill_9_is_started_again_at_the_same_address(
    made: Path, said: list[str], name: str
) -> None:
    with servers(made, throwaway=True, say=said.append) as pair:
        server, address = getattr(pair, name), (pair.database_url, pair.redis_url)
        before = server.pid
        os.kill(before, signal.SIGKILL)
        watch_until(pair, lambda: server.pid not in (None, before))

        assert (pair.database_url, pair.redis_url) == address
        with psycopg.connect(pair.database_url) as connection, redis.from_url(pair.redis_url) as client:
            assert connection.execute("select 1").fetchone() == (1,)
            assert client.ping()
    title = {"postgres": "PostgreSQL", "valkey": "Valkey"}[name]
    assert f"{title} died; starting it again in 0.5 s" in said
    assert f"{title} started again (pid " in said[-1]


class Hopeless:
    """A server that never comes up again."""

    pid = None

    def start(self) -> None:
        raise EmbeddedError("no space left on device")


def watch_on(hopeless: Guard) -> None:
    for _ in range(1000):
        hopeless.watch()
        time.sleep(0.005)


def test_a_server_that_does_not_come_up_is_tried_less_and_less_often_and_then_given_up(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "FIRST_BACKOFF", 0.01)
    hopeless = Guard("PostgreSQL", Hopeless(), said.append)
    with pytest.raises(EmbeddedError, match=r"(?s)PostgreSQL can't be kept running.*no space left on device"):
        watch_on(hopeless)

    waits = [float(line.split(" in ")[1].split(" s")[0]) for line in said]
    assert len(waits) == guard.MOST_FAILURES
    assert waits == sorted(waits)


def test_a_command_outlives_the_death_of_its_servers(python: Start, folder: Path, tmp_path: Path) -> None:
    data, killed = folder / "data", tmp_path / "killed"
    arguments = ["-m", "orchestrator.embedded", "run", "--throwaway", "--data", str(data), "--"]
    run = python(*arguments, "python3", "-c", "import time; time.sleep(0)", stderr=subprocess.PIPE)
    assert run.wait(60) == 0
    run = python(*arguments, *_python("-c", LASTS, str(killed)), stderr=subprocess.PIPE)
    pids = _pids_of_servers(run, data)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    killed.touch()
    output, progress = run.communicate(timeout=60)

    assert (run.returncode, output) == (0, "answers again\n"), progress
    assert "PostgreSQL started again" in progress
    assert "Valkey started again" in progress


def _python(*arguments: str) -> list[str]:
    import sys

    return [sys.executable, *arguments]


def _pids_of_servers(run: subprocess.Popen[str], data: Path) -> list[int]:
    import psutil

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        children = psutil.Process(run.pid).children()
        found = {one.name(): one.pid for one in children if one.name() in ("postgres", "valkey-server")}
        if len(found) == 2 and any("python" in one.name() for one in children):
            return list(found.values())
        time.sleep(0.1)
    raise AssertionError(json.dumps([one.name() for one in psutil.Process(run.pid).children()]))
