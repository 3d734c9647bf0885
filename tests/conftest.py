"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("ORDERYARD_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def pytest_configure() -> None:
    """A test's threads and servers of its own all draw on one process's pool."""
    from django.conf import settings

    settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"] = 40


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest file first: what waits for servers to come back would else keep one process busy alone at the end."""
    items.sort(key=lambda item: "test_servers_lost" not in item.nodeid)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs; a test that needs it is skipped where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"real inputs not found: {SHARED}/data (set ORDERYARD_SHARED)")
    return SHARED


@pytest.fixture(autouse=True, scope="session")
def _quick_flush() -> Iterator[None]:
    """After a test with real transactions only the tables it filled are emptied: truncating all of them takes a second."""
    from django.db import connection
    from django.db.backends.postgresql.operations import DatabaseOperations

    def sql_flush(
        self: DatabaseOperations,
        style: object,
        tables: Sequence[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")" for table in tables)
        with connection.cursor() as cursor:
            cursor.execute(asked)
            return [f'DELETE FROM "{row[0]}"' for row in cursor.fetchall()]

    before = DatabaseOperations.sql_flush
    DatabaseOperations.sql_flush = sql_flush  # type: ignore[assignment]
    yield
    DatabaseOperations.sql_flush = before  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A test's own thread may end with a session of the database, which then can't be dropped: sessions end first."""
    from django.db import connection

    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connection.close()
        connection.close_pool()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        connection.close()
        connection.close_pool()


@pytest.fixture(autouse=True)
def _fresh_pool(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test's own threads may end with a connection in hand; the next test's must not wait for it."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker is not None and marker.kwargs.get("transaction"):
        from django.db import connection

        connection.close()
        connection.close_pool()


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """What one test's database said is not another's."""
    from apps.core.brief import forget

    forget()


@pytest.fixture(autouse=True)
def _quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests drain the queue themselves; nobody is to be woken."""
    from apps.orchestration import doorbell

    monkeypatch.setattr(doorbell, "ring", lambda lane: None)
