"""A whole Orderyard on servers of its own, with the CPU of all its processes counted."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from orchestrator.embedded.demo_processes import beat, partners_worker, steps_worker, url_of, web
from orchestrator.embedded.environment import project_env
from orchestrator.embedded.paths import PROJECT, lay_out, throwaway_folder
from orchestrator.embedded.ports import reserve
from orchestrator.embedded.processes import Process
from orchestrator.embedded.servers import Servers, servers

API_KEY = "oy_bench_key"


def quiet(text: str) -> None:
    """Progress that nobody asked for."""


@dataclass
class Yard:
    """A running product. ``roots``: the process ids by part, for the CPU count."""

    listener: socket.socket
    env: dict[str, str]
    servers: Servers
    logs: Path
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def start(self, process: Process) -> None:
        env = {**os.environ, **self.env, **process.env}
        with (self.logs / f"{process.name}.log").open("ab") as log:
            self.processes[process.name] = process
            self.children[process.name] = subprocess.Popen(
                process.argv, cwd=PROJECT, env=env, stdout=log, stderr=log, pass_fds=process.fds
            )

    def restart_dead(self) -> None:
        """Start again what has ended, as the demo's supervisor and compose do."""
        for name, child in list(self.children.items()):
            if child.poll() is not None:
                self.start(self.processes[name])

    def run(self, *arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], cwd=PROJECT, env={**os.environ, **self.env}, check=True)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.env["DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(sql)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def request(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: object = None, key: str = ""
    ) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        text = json.dumps(body) if body is not None else None
        try:
            connection.request(method, path, text, headers)
            response = connection.getresponse()
        except (http.client.HTTPException, ConnectionError):
            # The server closes a connection that was idle for seconds just as it is used again.
            connection.close()
            connection.request(method, path, text, headers)
            response = connection.getresponse()
        return response.status, response.read()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def cpu(self) -> dict[str, float]:
        """CPU seconds used so far, user and system, by part, children that still live included."""
        parts = {"web": self._cpu("web"), "worker": self._cpu("worker") + self._cpu("partners") + self._cpu("beat")}
        parts["postgres"] = tree_cpu(self.servers.postgres.pid)
        parts["valkey"] = tree_cpu(self.servers.valkey.pid)
        return parts

    def _cpu(self, name: str) -> float:
        child = self.children.get(name)
        return tree_cpu(child.pid) if child else 0.0


def tree_cpu(pid: int | None) -> float:
    """CPU seconds of a process, its living descendants, and those it has reaped."""
    if pid is None:
        return 0.0
    total = 0.0
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
    return total


@contextlib.contextmanager
def yard(*, partners: bool = True, durable: bool = True) -> Iterator[Yard]:
    """The product up on free ports and throwaway data; all of it gone afterwards. ``durable``: fsync on, as in life."""
    with (
        throwaway_folder() as folder,
        servers(folder, throwaway=not durable, say=quiet) as pair,
        reserve(None, purpose="the web server", say=quiet) as listener,
    ):
        local = lay_out(folder)
        env = project_env(local.control, database_url=pair.database_url, redis_url=pair.redis_url)
        env |= {"ORDERYARD_URL": url_of(listener), "LOG_LEVEL": os.environ.get("BENCH_LOG", "ERROR")}
        local.logs.mkdir(parents=True, exist_ok=True)
        up = Yard(listener, env, pair, local.logs)
        up.run("manage.py", "migrate", "--no-input", "-v0")
        try:
            yield up
        finally:
            for child in reversed(list(up.children.values())):
                child.terminate()
            for child in up.children.values():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(15)
                child.kill()


def start_all(up: Yard, *, with_partners: bool) -> None:
    """Web and workers; returns when the web answers."""
    up.start(web(up.listener))
    up.start(steps_worker())
    if with_partners:
        up.start(partners_worker())
    up.start(beat(Path(up.env["ORDERYARD_LOCAL"])))
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), contextlib.closing(up.connect()) as connection:
            status, _ = up.request(connection, "GET", "/api/v1/orders/none")
            if status == 404:
                return
        time.sleep(0.1)
    raise SystemExit(f"the web server did not come up; see {up.logs}/web.log")


def settle(up: Yard) -> None:
    """Wait until no step is due."""
    while up.query("SELECT count(*) FROM orchestration_steprun WHERE state IN ('due', 'running')")[0][0]:
        time.sleep(0.1)
