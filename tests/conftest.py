"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg_pool import ConnectionPool

KEPT_TABLES = {"django_content_type", "auth_permission", "django_migrations"}
SHARED = Path(os.environ.get("ORDERYARD_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def pytest_configure() -> None:
    """A test's threads and servers of its own all draw on one process's pool; a file is looked up when it is asked for:
    every test client has middleware of its own, and each would read the whole folder of static files (a fifth of a page's test)."""
    from django.conf import settings

    settings.WHITENOISE_AUTOREFRESH = True
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
    """After a test with real transactions only the tables it filled are emptied. Truncating all of them takes a second, and
    Django's own flush writes every content type and permission again, half a second more: those stay as they are."""
    from django.test import TransactionTestCase

    before = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
    TransactionTestCase._fixture_teardown = lambda self: _empty_filled_tables()  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = before  # type: ignore[attr-defined]


def _empty_filled_tables() -> None:
    from django.db import connection, transaction

    tables = set(connection.introspection.django_table_names(include_views=False)) - KEPT_TABLES
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")" for table in sorted(tables))
    # One transaction: foreign keys are looked at when it ends, so the order does not matter.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(asked)
        for (table,) in cursor.fetchall():
            cursor.execute(f'DELETE FROM "{table}"')


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


def any_in_hand(pool: ConnectionPool | None) -> bool:
    """Whether somebody holds a connection of the pool, or waits for one."""
    stats = pool.get_stats() if pool is not None else {}
    return stats.get("pool_size", 0) != stats.get("pool_available", 0) or bool(stats.get("requests_waiting", 0))


@pytest.fixture(autouse=True, scope="session")
def _pages_tell_what_they_are_given() -> Iterator[None]:
    """Django's client hears of Django's own templates only; here of the console's pages as well (``answer.context``). A name
    that nobody gave to a page is an error here."""
    from django.template import engines
    from django.template.backends.jinja2 import Template
    from django.test.signals import template_rendered
    from jinja2 import StrictUndefined

    render = Template.render

    def told(self: Template, context: dict[str, object] | None = None, request: object = None) -> str:
        context = {} if context is None else context
        template_rendered.send(sender=self, template=self, context=context)
        return render(self, context, request)  # type: ignore[arg-type]

    engines["jinja2"].env.undefined = StrictUndefined  # type: ignore[attr-defined]
    Template.render = told  # type: ignore[method-assign,assignment]
    yield
    Template.render = render  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _fresh_pool(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test's own threads may end with a connection in hand; the next test's must not wait for it."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker is not None and marker.kwargs.get("transaction"):
        from django.db import connection

        connection.close()
        if any_in_hand(connection.pool):
            connection.close_pool()


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """What one test's database said is not another's."""
    from apps.core.process_cache import clear_process_cache

    clear_process_cache()


@pytest.fixture(autouse=True)
def _no_wake_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests drain the queue themselves; nobody is to be woken."""
    from apps.orchestration import worker_wakeup

    monkeypatch.setattr(worker_wakeup, "wake_workers", lambda lane: None)
