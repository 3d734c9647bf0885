"""A release's database, with its data and its workers still running, is brought up to what is checked out, and stays sound."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "tests" / "upgrade" / "programs.py"
RELEASES = ("v0.1.0",)
PATIENCE_S = 90


def git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder of a release's code."""
    archive = git("archive", "--format=tar", request.param)
    if archive.returncode:
        pytest.skip(
            f"The tag {request.param} is not in this clone (git fetch --tags brings it); its schema can't be started."
        )
    folder = tmp_path / request.param
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder)
    return folder


@pytest.fixture
def database() -> Iterator[str]:
    """The address of an empty database on the tests' server."""
    address = os.environ["DATABASE_URL"]
    name = f"upgrade_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    yield urlunsplit(urlsplit(address)._replace(path=f"/{name}"))
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def run(database: str) -> Callable[..., None]:
    """``run(folder, "migrate")``: a command of the code in the folder, on the database."""

    def run(folder: Path, *command: str) -> None:
        program = [str(PROGRAMS), *command[1:]] if command[0] == "programs" else ["manage.py", *command]
        done = subprocess.run(
            [sys.executable, *program],
            cwd=folder,
            env=environment(database, folder),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (
            f"{' '.join(command)} in {folder.name}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
        )

    return run


def environment(database: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database,
        "PYTHONPATH": str(folder),
        "DJANGO_SETTINGS_MODULE": "orchestrator.settings",
    }


def asked(database: str, question: str) -> int:
    with psycopg.connect(database) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return int(row[0])


def until_none(database: str, question: str) -> None:
    began = time.monotonic()
    while left := asked(database, question):
        assert time.monotonic() - began < PATIENCE_S, f"{left} left of: {question}"
        time.sleep(0.2)


DUE = "SELECT count(*) FROM orchestration_steprun r WHERE state IN ('due', 'running') AND due_at <= now()"
PARKED = "SELECT count(*) FROM orchestration_steprun WHERE state = 'parked'"


@pytest.mark.django_db(databases=[])
def test_a_release_is_upgraded_under_its_running_workers(
    release: Path, database: str, run: Callable[..., None], tmp_path: Path
):
    run(release, "migrate")
    run(release, "seed")
    run(release, "programs", "orders", "12")
    stop = tmp_path / "stop"
    worker = subprocess.Popen(
        [sys.executable, str(PROGRAMS), "work", str(stop)],
        cwd=release,
        env=environment(database, release),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        until_none(database, DUE)
        run(ROOT, "migrate")
        run(release, "programs", "orders", "8")
        until_none(database, DUE)
    finally:
        stop.touch()
        _, errors = worker.communicate(timeout=PATIENCE_S)
    assert worker.returncode == 0, errors.decode()[-4000:]
    assert asked(database, PARKED) == 0, "the release's workers understand the new schema"

    run(ROOT, "programs", "orders", "8")
    worked(database, tmp_path / "stop again")

    assert asked(database, "SELECT count(*) FROM orders_order WHERE channel = 'upgrade'") == 28
    assert asked(database, PARKED) == 0
    run(ROOT, "doctor")


def worked(database: str, stop: Path) -> None:
    """The new code's worker, until nothing is due."""
    worker = subprocess.Popen(
        [sys.executable, str(PROGRAMS), "work", str(stop)], cwd=ROOT, env=environment(database, ROOT)
    )
    try:
        until_none(database, DUE)
    finally:
        stop.touch()
        worker.wait(timeout=PATIENCE_S)
    assert worker.returncode == 0
