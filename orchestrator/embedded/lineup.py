"""The processes of the demo, in the order they start."""

import sys
from pathlib import Path

from .processes import Process


def manage(name: str, *arguments: str) -> Process:
    """A `manage.py` command, run once."""
    return Process(name, [sys.executable, "manage.py", name, *arguments])


def lineup(local: Path, *, web_port: int, sandbox_port: int) -> list[Process]:
    """Everything that keeps running.

    The partners first, because the others call them; the workers before the web server, because they get ready while
    it is waited for; stopping goes the other way round and closes the doors before the work behind them.
    """
    return [sandbox(sandbox_port), steps_worker(), partners_worker(), beat(local), web(web_port), floor()]


def sandbox(port: int) -> Process:
    """The simulated partners."""
    return Process(
        "sandbox",
        [sys.executable, "-m", "orchestrator.sandbox", "--port", str(port)],
        ready=f"http://127.0.0.1:{port}/",
    )


def web(port: int) -> Process:
    """The web server, sized for two cores."""
    granian = [sys.executable, "-m", "granian", "orchestrator.wsgi:application", "--interface", "wsgi"]
    place = ["--host", "127.0.0.1", "--port", str(port), "--http", "1", "--no-ws"]
    size = ["--workers", "2", "--blocking-threads", "3", "--respawn-failed-workers", "--respawn-interval", "0.5"]
    manners = ["--workers-kill-timeout", "5", "--log-level", "warning"]
    return Process(
        "web",
        [*granian, *place, *size, *manners],
        env={"ORDERYARD_PROCESS": "web", "ORDERYARD_NICE": "7"},
        ready=f"http://127.0.0.1:{port}/health/live",
    )


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
