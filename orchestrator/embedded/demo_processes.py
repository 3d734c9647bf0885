"""The processes of the demo, in the order they start."""

import socket
import sys
from pathlib import Path

from .processes import Process


def manage(name: str, *arguments: str) -> Process:
    """A `manage.py` command, run once."""
    return Process(name, [sys.executable, "manage.py", name, *arguments])


def demo_processes(local: Path, *, web_listener: socket.socket, sandbox_listener: socket.socket) -> list[Process]:
    """Everything that keeps running.

    The partners first, because the others call them; the workers before the web server, because they get ready while
    it is waited for; stopping goes the other way round and closes the listeners before the work behind them.
    """
    workers = [steps_worker(), partners_worker(), beat(local)]
    return [sandbox(sandbox_listener), *workers, web(web_listener), floor()]


def sandbox(listener: socket.socket) -> Process:
    """The simulated partners."""
    return Process(
        "sandbox",
        [sys.executable, "-m", "orchestrator.sandbox", "--fd", str(listener.fileno())],
        ready=f"{url_of(listener)}/",
        listener=listener,
    )


def web(listener: socket.socket) -> Process:
    """The web server, sized for two cores."""
    return Process(
        "web",
        [sys.executable, "-m", "orchestrator.webserver", "--fd", str(listener.fileno())],
        env={"ORDERYARD_PROCESS": "web", "ORDERYARD_NICE": "7"},
        ready=f"{url_of(listener)}/health/live",
        listener=listener,
    )


def url_of(listener: socket.socket) -> str:
    """Where whoever serves on this socket is reached."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def steps_worker() -> Process:
    """Steps that only touch the database."""
    return worker("worker", "steps", ["--pool", "prefork", "--concurrency", "2"])


def partners_worker() -> Process:
    """Steps that call partners: they wait more than they work."""
    return worker("partners", "partners", ["--pool", "threads", "--concurrency", "8"])


def worker(name: str, queue: str, pool: list[str]) -> Process:
    """One Celery worker on one queue, without the talk between workers that nobody listens to."""
    celery = [sys.executable, "-m", "celery", "--app", "orchestrator", "worker"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
    return Process(
        name,
        [*celery, "--queues", queue, "--hostname", f"{name}@%h", *pool, *quiet],
        env={"ORDERYARD_PROCESS": name},
    )


def beat(local: Path) -> Process:
    """Celery's clock."""
    celery = [sys.executable, "-m", "celery", "--app", "orchestrator", "beat"]
    files = ["--schedule", str(local / "celerybeat-schedule"), "--pidfile", ""]
    return Process("beat", [*celery, *files, "--loglevel", "WARNING"], env={"ORDERYARD_PROCESS": "beat"})


def floor() -> Process:
    """Simulated warehouse staff who pick, pack and ship."""
    command = [sys.executable, "manage.py", "demo_floor"]
    return Process("floor", command, env={"ORDERYARD_PROCESS": "floor"})
