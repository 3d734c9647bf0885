"""The demo, brought up around a stand-in for the product: real servers, real web server, real workers."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from orchestrator.embedded.demo import box, logins
from orchestrator.embedded.processes import answers

Start = Callable[..., subprocess.Popen[str]]
WorkingIn = Callable[[Path], list[int]]

# What tells each of the demo's processes by its command line.
NAMES = ("valkey-server", "postgres", "webserver", "worker@", "partners@", "beat", "sandbox", "demo_floor")
PROJECT = Path(__file__).resolve().parents[2]
STAND_IN = {
    "orchestrator/__init__.py": "",
    "orchestrator/celery.py": """
import os
from celery import Celery
app = Celery("orchestrator", broker=os.environ["REDIS_URL"])
""",
    "orchestrator/settings.py": """
SECRET_KEY = "stand-in"
""",
    "orchestrator/asgi.py": """
import os
async def application(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": os.environ["ORDERYARD_PROCESS"].encode()})
""",
    "orchestrator/sandbox.py": """
import http.server, socket, sys
listener = socket.socket(fileno=int(sys.argv[2]))
server = http.server.HTTPServer(listener.getsockname(), http.server.SimpleHTTPRequestHandler, bind_and_activate=False)
server.socket = listener
server.serve_forever()
""",
    "manage.py": """
import json, os, pathlib, sys, time, urllib.request
verb = sys.argv[1]
with open("calls", "a") as calls:
    print(*sys.argv[1:], file=calls)
if verb == os.environ.get("BROKEN"):
    sys.exit("it is broken")
if verb == "seed":
    logins = {"logins": [{"username": "ada", "password": "lovelace", "role": "planner"}]}
    pathlib.Path(os.environ["ORDERYARD_LOCAL"], "demo.json").write_text(json.dumps(logins))
if verb == "demo_orders":
    urllib.request.urlopen(os.environ["ORDERYARD_URL"]).read()
    urllib.request.urlopen(os.environ["SANDBOX_URL"]).read()
if verb == "demo_floor":
    time.sleep(600)
if verb == "demo_check":
    print("looking")
    print(json.dumps({"ok": True, "web": urllib.request.urlopen(sys.argv[3]).read().decode()}))
""",
}


@pytest.fixture
def product(folder: Path) -> Path:
    """A project folder with the real embedded package and a stand-in for everything else."""
    root = folder.parent / "product"
    for name, text in STAND_IN.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shutil.copytree(PROJECT / "orchestrator" / "embedded", root / "orchestrator" / "embedded")
    shutil.copy(PROJECT / "orchestrator" / "webserver.py", root / "orchestrator" / "webserver.py")
    return root


def demo(python: Start, product: Path, *arguments: str, **env: str) -> subprocess.Popen[str]:
    told = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    command = ["-m", "orchestrator.embedded.demo", *arguments]
    return python(*command, cwd=product, env=told | {"PYTHONPATH": str(product), **env}, stderr=subprocess.PIPE)


def test_check_brings_everything_up_and_ends_with_one_line_of_json(
    python: Start, product: Path, working_in: WorkingIn
) -> None:
    run = demo(python, product, "--check")
    output, progress = run.communicate(timeout=60)
    assert run.returncode == 0, progress
    assert json.loads(output) == {"ok": True, "web": "web"}
    calls = [call.split()[0] for call in (product / "calls").read_text().splitlines()]
    # The floor works beside the rest, so its place in the order is left to chance.
    assert [call for call in calls if call != "demo_floor"] == ["migrate", "seed", "demo_orders", "demo_check"]
    assert all(f"{name} is up" in progress for name in ("sandbox", "web"))
    assert all(f"{name} started" in progress for name in ("worker", "partners", "beat", "floor"))
    assert "died" not in progress
    assert working_in(product) == []
    assert not (product / ".local" / "postgres").exists()


@pytest.mark.parametrize("broken", ["seed", "demo_check"])
def test_a_check_that_fails_still_ends_with_json(python: Start, product: Path, broken: str) -> None:
    run = demo(python, product, "--check", BROKEN=broken)
    output, progress = run.communicate(timeout=60)
    assert run.returncode == 1
    verdict = json.loads(output)
    assert verdict["ok"] is False
    assert broken in verdict["error"]
    assert "it is broken" in progress


def test_shows_where_it_is_and_stops_all_on_ctrl_c(python: Start, product: Path, working_in: WorkingIn) -> None:
    run = demo(python, product)
    assert run.stdout
    text = ""
    for line in run.stdout:
        text += line
        if line.startswith("└"):
            break
    assert "ada" in text
    assert "lovelace" in text
    url = next(word for word in text.split() if word.startswith("http://"))
    assert urllib.request.urlopen(url).read() == b"web"
    run.send_signal(signal.SIGINT)
    _, progress = run.communicate(timeout=60)
    assert run.returncode == 0, progress
    assert working_in(product) == []
    assert (product / ".local" / "postgres" / "PG_VERSION").exists()


def shown(run: subprocess.Popen[str]) -> str:
    """What it says when it is up."""
    assert run.stdout
    text = ""
    for line in run.stdout:
        text += line
        if line.startswith("└"):
            break
    return next(word for word in text.split() if word.startswith("http://"))


def test_two_demos_started_at_once_each_get_ports_of_their_own(
    python: Start, product: Path, folder: Path, working_in: WorkingIn
) -> None:
    other = folder.parent / "other"
    shutil.copytree(product, other)
    for root in (product, other):
        said = (
            (root / "orchestrator" / "asgi.py").read_text().replace('os.environ["ORDERYARD_PROCESS"]', repr(root.name))
        )
        (root / "orchestrator" / "asgi.py").write_text(said)
    runs = [demo(python, product), demo(python, other)]
    urls = [shown(run) for run in runs]

    assert len(set(urls)) == 2
    for _ in range(20):
        assert [urllib.request.urlopen(url).read() for url in urls] == [b"product", b"other"]
    check = demo(python, product, "--check")
    assert json.loads(check.communicate(timeout=60)[0])["ok"]
    for run in runs:
        run.send_signal(signal.SIGINT)
    for run in runs:
        _, progress = run.communicate(timeout=60)
        assert run.returncode == 0, progress
    assert working_in(product) == working_in(other) == []


def test_whatever_is_killed_is_started_again(python: Start, product: Path, working_in: WorkingIn) -> None:
    run = demo(python, product)
    url = shown(run)
    before = {process.name: process.pid for process in parts(run.pid)}
    assert {"postgres", "valkey-server"} <= set(before)
    killed = parts(run.pid)
    for process in killed:
        process.kill()
    deadline = time.monotonic() + 60
    again: set[str] = set()
    while not again >= set(before) or not answers(f"{url}/"):
        assert time.monotonic() < deadline, set(before) - again
        again = {one.name for one in parts(run.pid) if one.pid not in before.values()}
        time.sleep(0.1)
    run.send_signal(signal.SIGINT)
    _, progress = run.communicate(timeout=60)

    assert run.returncode == 0, progress
    for name in ("PostgreSQL", "Valkey", "web", "worker", "partners", "beat", "sandbox", "floor"):
        assert f"{name} died" in progress, progress
        assert f"{name} started again" in progress, progress
    assert working_in(product) == []


class Part(NamedTuple):
    """One of the demo's own processes, by what it is."""

    name: str
    pid: int

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def parts(pid: int) -> list[Part]:
    found = []
    for child in psutil.Process(pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            words = child.cmdline()
            name = next((word for word in NAMES if any(word in part for part in words)), "")
            if name and child.status() != psutil.STATUS_ZOMBIE:
                found.append(Part(name, child.pid))
    return found


def test_tells_that_there_are_no_logins_where_the_seed_left_none(tmp_path: Path) -> None:
    assert logins(tmp_path / "demo.json") == [f"(no logins found in {tmp_path / 'demo.json'})"]
    (tmp_path / "demo.json").write_text('{"logins": "none"}')
    assert "no logins found" in logins(tmp_path / "demo.json")[0]


def test_lines_up_the_logins_in_a_box(tmp_path: Path) -> None:
    ada = {"username": "ada", "password": "lovelace", "role": "planner", "sees": "all stores"}
    rows = [ada, {"username": "bo", "password": "x"}]
    (tmp_path / "demo.json").write_text(json.dumps({"logins": rows, "api_key": "k"}))
    assert logins(tmp_path / "demo.json") == ["ada   lovelace   planner   all stores", "bo    x", "", "API key: k"]
    assert box(["ab", "c"]) == "┌──────┐\n│  ab  │\n│  c   │\n└──────┘"
