"""The supervisor of the demo's processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from orchestrator.embedded import EmbeddedError, processes
from orchestrator.embedded.errors import Interrupted
from orchestrator.embedded.interruption import Interruption
from orchestrator.embedded.processes import Process, Supervisor

Start = Callable[..., subprocess.Popen[str]]
Eventually = Callable[[Callable[[], object]], None]
WorkingIn = Callable[[Path], list[int]]

# A master with a child that hears nothing of the master's end, as a web server or a worker has.
MASTER_WITH_DEAF_CHILD = """
import signal, subprocess, sys, time
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", deaf, sys.argv[1]])
time.sleep(60)
"""

SUPERVISE = f"""
import sys, time
from pathlib import Path
from orchestrator.embedded.interruption import Interruption
from orchestrator.embedded.processes import Process, Supervisor
folder = Path(sys.argv[1])
with Interruption() as interruption:
    supervisor = Supervisor(logs=folder, cwd=folder, env={{}}, interruption=interruption, say=print)
    with supervisor:
        command = [sys.executable, "-c", {MASTER_WITH_DEAF_CHILD!r}, str(folder)]
        log = folder / "web.log"
        supervisor.start(Process("web", command, ready=lambda: "deaf" in log.read_text()))
        print("ready", flush=True)
        supervisor.watch_until_interrupted()
"""


@pytest.fixture
def interruption() -> Iterator[Interruption]:
    with Interruption() as flag:
        yield flag


@pytest.fixture
def supervisor(tmp_path: Path, interruption: Interruption, said: list[str]) -> Iterator[Supervisor]:
    with Supervisor(logs=tmp_path, cwd=tmp_path, env={}, interruption=interruption, say=said.append) as running:
        yield running


def shell(name: str, script: str, **options: object) -> Process:
    return Process(name, ["sh", "-c", script], **options)  # type: ignore[arg-type]


def watch_until(supervisor: Supervisor, question: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not question():
        assert time.monotonic() < deadline, "did not happen in time"
        supervisor.watch()
        time.sleep(0.02)


def test_starts_in_order_and_waits_for_each_to_be_ready(supervisor: Supervisor, tmp_path: Path) -> None:
    first = shell("first", "sleep 0.3; touch first; sleep 60", ready=(tmp_path / "first").exists)
    supervisor.start(first)
    assert (tmp_path / "first").exists()
    supervisor.start(shell("second", "sleep 60"))
    assert list(supervisor.pids()) == ["first", "second"]


def test_waits_until_a_page_answers(supervisor: Supervisor, free_port_number: int) -> None:
    serve = [sys.executable, "-m", "http.server", str(free_port_number), "--bind", "127.0.0.1"]
    url = f"http://127.0.0.1:{free_port_number}/"
    supervisor.start(Process("web", serve, ready=url))
    assert processes.answers(url)
    assert processes.answers(f"{url}no-such-page")


def test_writes_what_each_one_says_to_its_own_log(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(shell("talker", "echo out; echo err >&2; touch said; sleep 60", ready=(tmp_path / "said").exists))
    assert (tmp_path / "talker.log").read_text() == "out\nerr\n"


def test_keeps_the_log_of_the_run_before(supervisor: Supervisor, tmp_path: Path) -> None:
    (tmp_path / "talker.log").write_text("before\n")
    supervisor.start(shell("talker", "sleep 60"))
    assert (tmp_path / "talker.log.1").read_text() == "before\n"


def test_gives_a_process_the_environment_named_for_it(supervisor: Supervisor, tmp_path: Path) -> None:
    env = {"ORDERYARD_PROCESS": "talker"}
    assert supervisor.run(Process("talker", ["sh", "-c", "echo $ORDERYARD_PROCESS"], env=env)) == 0
    assert (tmp_path / "talker.log").read_text() == "talker\n"


def test_says_what_the_log_says_when_a_process_never_gets_ready(supervisor: Supervisor) -> None:
    with pytest.raises(EmbeddedError, match=r"(?s)web ended at once \(exit code 3\).*no such setting"):
        supervisor.start(shell("web", "echo no such setting; exit 3", ready=lambda: False))


def test_gives_up_on_a_process_that_takes_too_long(supervisor: Supervisor) -> None:
    with pytest.raises(EmbeddedError, match="web not ready in 0 s"):
        supervisor.start(shell("web", "sleep 60", ready=lambda: False, ready_seconds=0.2))


def test_restarts_a_process_that_dies_and_says_so(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start(shell("worker", "sleep 60"))
    before = supervisor.pids()["worker"]
    os.kill(before, signal.SIGKILL)
    watch_until(supervisor, lambda: len(said) == 2)
    assert supervisor.pids()["worker"] != before
    assert said[0].startswith("worker died (exit code 137); starting it again in 0.5 s")
    assert said[1] == f"worker started again (pid {supervisor.pids()['worker']})"


def test_waits_longer_before_each_further_restart(
    supervisor: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "FIRST_BACKOFF", 0.1)
    supervisor.start(shell("worker", "exit 1"))
    watch_until(supervisor, lambda: len(said) >= 5)
    waits = [line.split(" in ")[1].split(" s,")[0] for line in said if "died" in line]
    assert waits[:3] == ["0.1", "0.2", "0.4"]


def test_takes_the_children_of_a_dead_process_along_before_it_restarts_it(
    supervisor: Supervisor, tmp_path: Path, said: list[str], working_in: WorkingIn
) -> None:
    log = tmp_path / "web.log"
    command = [sys.executable, "-c", MASTER_WITH_DEAF_CHILD, str(tmp_path)]
    supervisor.start(Process("web", command, ready=lambda: "deaf" in log.read_text()))
    before = working_in(tmp_path)
    os.kill(supervisor.pids()["web"], signal.SIGKILL)
    watch_until(supervisor, lambda: said)
    assert len(before) == 2
    assert not set(before) & set(working_in(tmp_path))


def test_stops_in_reverse_order_each_with_time_to_finish(supervisor: Supervisor, tmp_path: Path) -> None:
    for name in ("first", "second", "third"):
        script = f"trap 'sleep 0.1; echo {name} >> order; exit' TERM; touch {name}; while :; do sleep 0.02; done"
        supervisor.start(shell(name, script, ready=(tmp_path / name).exists))
    supervisor.stop()
    assert (tmp_path / "order").read_text().split() == ["third", "second", "first"]


def test_kills_the_whole_group_of_one_that_does_not_stop_in_time(
    supervisor: Supervisor, tmp_path: Path, working_in: WorkingIn
) -> None:
    log = tmp_path / "web.log"
    command = [sys.executable, "-c", MASTER_WITH_DEAF_CHILD, str(tmp_path)]
    supervisor.start(Process("web", command, ready=lambda: "deaf" in log.read_text(), grace_seconds=0.2))
    assert len(working_in(tmp_path)) == 2
    supervisor.stop()
    assert working_in(tmp_path) == []


def test_a_second_signal_skips_the_time_to_finish(supervisor: Supervisor, interruption: Interruption) -> None:
    supervisor.start(shell("stubborn", "trap '' TERM; while :; do sleep 0.05; done", grace_seconds=60))
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(Interrupted):
        supervisor.watch_until_interrupted()
    assert interruption.count == 2
    begun = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - begun < 2


def test_a_signal_ends_the_wait_for_a_process_to_get_ready(supervisor: Supervisor) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Interrupted) as stop:
        supervisor.start(shell("web", "sleep 60", ready=lambda: False))
    assert stop.value.signum == signal.SIGTERM


def test_runs_a_command_to_its_end_while_it_restarts_others(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start(shell("worker", "sleep 60"))
    os.kill(supervisor.pids()["worker"], signal.SIGKILL)
    assert supervisor.run(shell("seed", "sleep 1; exit 4")) == 4
    assert len(said) == 2


def test_hands_a_command_another_standard_output(supervisor: Supervisor, tmp_path: Path) -> None:
    with (tmp_path / "verdict").open("wb") as verdict:
        assert supervisor.run(shell("check", "echo '{}'"), stdout=verdict.fileno()) == 0
    assert (tmp_path / "verdict").read_text() == "{}\n"


def test_a_stop_by_signal_leaves_no_process(
    python: Start, tmp_path: Path, eventually: Eventually, working_in: WorkingIn
) -> None:
    run = python("-c", SUPERVISE, str(tmp_path))
    assert run.stdout
    assert run.stdout.readline() == "ready\n"
    run.send_signal(signal.SIGTERM)
    run.wait(20)
    eventually(lambda: working_in(tmp_path) == [])


def test_a_kill_of_the_supervisor_leaves_no_process_not_even_a_deaf_grandchild(
    python: Start, tmp_path: Path, working_in: WorkingIn, eventually: Eventually
) -> None:
    run = python("-c", SUPERVISE, str(tmp_path))
    assert run.stdout
    assert run.stdout.readline() == "ready\n"
    reaper = [child for child in psutil.Process(run.pid).children() if "reaper.py" in " ".join(child.cmdline())]
    assert len(working_in(tmp_path)) == 3
    run.kill()
    run.wait()
    eventually(lambda: working_in(tmp_path) == [])
    eventually(lambda: not reaper[0].is_running() or reaper[0].status() == psutil.STATUS_ZOMBIE)
