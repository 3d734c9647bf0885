"""`python -m orchestrator.embedded`: a command with servers behind it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from orchestrator.embedded.paths import README_TITLE

Start = Callable[..., subprocess.Popen[str]]
Eventually = Callable[[Callable[[], object]], None]
WorkingIn = Callable[[Path], list[int]]

MODULE = ["-m", "orchestrator.embedded"]
SHOW = """
import json, os, psycopg, redis
with psycopg.connect(os.environ["DATABASE_URL"]) as database:
    answer = database.execute("select 1").fetchone()[0]
redis.from_url(os.environ["REDIS_URL"]).ping()
print(json.dumps({"answer": answer, "local": os.environ["ORDERYARD_LOCAL"], "key": os.environ["SECRET_KEY"]}))
"""


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = process.communicate(timeout=30)
    return process.returncode, output


def with_venv() -> dict[str, str]:
    """Our environment, `python` being the one that runs the tests, and no servers named."""
    env = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"}}
    return env | {"PATH": f"{Path(sys.executable).parent}:{env['PATH']}"}


def test_gives_the_command_two_servers_and_leaves_nothing(python: Start, working_in: WorkingIn) -> None:
    code, output = finish(python(*MODULE, "run", "--throwaway", "--", "python", "-c", SHOW, env=with_venv()))
    shown = json.loads(output)
    assert code == 0
    assert shown["answer"] == 1
    assert len(shown["key"]) > 50
    assert not Path(shown["local"]).exists()
    assert working_in(Path(shown["local"])) == []


def test_passes_on_the_exit_code(python: Start, made: Path) -> None:
    assert finish(python(*MODULE, "run", "--data", str(made), "--", "sh", "-c", "exit 7"))[0] == 7


def test_passes_on_that_the_command_was_killed(python: Start, made: Path) -> None:
    assert finish(python(*MODULE, "run", "--data", str(made), "--", "sh", "-c", "kill -9 $$"))[0] == 128 + 9


def test_says_so_when_there_is_no_such_command(python: Start, made: Path) -> None:
    process = python(*MODULE, "run", "--data", str(made), "--", "no-such-command", stderr=subprocess.PIPE)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 127
    assert "cannot run no-such-command" in errors


def test_starts_nothing_where_both_servers_are_named(python: Start, folder: Path) -> None:
    env = os.environ | {"DATABASE_URL": "postgresql://elsewhere/shop", "REDIS_URL": "redis://elsewhere"}
    command = ["sh", "-c", "echo $DATABASE_URL $REDIS_URL"]
    code, output = finish(python(*MODULE, "run", "--data", str(folder), "--", *command, env=env))
    assert (code, output) == (0, "postgresql://elsewhere/shop redis://elsewhere\n")
    assert not folder.exists()


def test_keeps_data_and_secret_key_between_runs(python: Start, made: Path) -> None:
    command = [*MODULE, "run", "--data", str(made), "--", "sh", "-c", "echo $SECRET_KEY"]
    first = finish(python(*command, env=with_venv()))
    assert finish(python(*command, env=with_venv())) == first
    assert (made / "secret_key").stat().st_mode & 0o777 == 0o600


def test_throwaway_never_deletes_a_folder_that_was_there(python: Start, folder: Path) -> None:
    folder.mkdir()
    assert finish(python(*MODULE, "run", "--throwaway", "--data", str(folder), "--", "true"))[0] == 1
    assert folder.exists()


def test_a_termination_lets_the_command_clean_up_and_leaves_nothing(
    python: Start, folder: Path, working_in: WorkingIn
) -> None:
    script = "trap 'echo cleaned up; exit 3' TERM; echo ready; while :; do sleep 0.05; done"
    run = python(*MODULE, "run", "--throwaway", "--data", str(folder), "--", "sh", "-c", script)
    assert run.stdout
    assert run.stdout.readline() == "ready\n"
    run.send_signal(signal.SIGTERM)
    assert finish(run) == (3, "cleaned up\n")
    assert working_in(folder) == []
    assert not folder.exists()


def test_a_kill_takes_command_and_servers_along(
    python: Start, made: Path, eventually: Eventually, working_in: WorkingIn
) -> None:
    run = python(*MODULE, "run", "--data", str(made), "--", "sh", "-c", f"echo ready; sleep 60; : {made}")
    assert run.stdout
    assert run.stdout.readline() == "ready\n"
    assert len(working_in(made)) > 2
    run.kill()
    run.wait()
    eventually(lambda: working_in(made) == [])


def test_clean_deletes_what_is_not_in_use_and_refuses_what_is(python: Start, folder: Path) -> None:
    inner = "echo ready; read line"
    run = python(*MODULE, "run", "--data", str(folder), "--", "sh", "-c", inner, stdin=subprocess.PIPE)
    assert run.stdout
    assert run.stdin
    assert run.stdout.readline() == "ready\n"
    clean = python(*MODULE, "clean", "--data", str(folder), stderr=subprocess.PIPE)
    assert f"pid {run.pid}" in clean.communicate(timeout=30)[1]
    assert clean.returncode == 1
    assert (folder / "README").read_text().startswith(README_TITLE)
    run.stdin.write("\n")
    run.stdin.close()
    assert run.wait(30) == 0
    assert finish(python(*MODULE, "clean", "--data", str(folder)))[0] == 0
    assert not folder.exists()
