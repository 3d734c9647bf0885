"""Connections come from a pool and go back to it; those that died with the database are not used again."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import close_old_connections, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.core.postgresql.broken_connections import drop_broken_connections

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """With a pool that nobody has drawn on."""
    connection.close()
    connection.close_pool()
    connection.pool.open(wait=True)
    yield
    connection.close()
    connection.close_pool()


def session(of: BaseDatabaseWrapper = connection) -> int:
    """The number of the PostgreSQL process that serves this connection."""
    with of.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def in_use() -> int:
    stats = connection.pool.get_stats()
    return int(stats["pool_size"] - stats["pool_available"])


def test_a_connection_goes_back_to_the_pool_when_a_request_ends():
    first = session()
    assert in_use() == 1

    close_old_connections()

    assert in_use() == 0
    assert session() == first


def test_threads_beyond_the_pools_size_take_turns(monkeypatch):
    connection.close_pool()
    monkeypatch.setitem(connection.settings_dict["OPTIONS"]["pool"], "max_size", 2)
    connection.pool.open(wait=True)
    session()
    ready, leave, answers = threading.Event(), threading.Event(), []

    def quiet() -> None:
        answers.append(session())
        close_old_connections()
        ready.set()
        leave.wait(20)

    def late() -> None:
        answers.append(session())
        connection.close()

    threads = [threading.Thread(target=quiet), threading.Thread(target=late)]
    threads[0].start()
    ready.wait(10)
    threads[1].start()
    threads[1].join(5)
    waited = len(answers) == 2
    leave.set()
    threads[0].join(10)
    threads[1].join(10)

    assert waited
    assert in_use() == 1


def test_connections_lost_with_the_database_are_thrown_out_together():
    other = connection.copy()
    lost = [session(), session(other)]
    other.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [lost[1]])

    drop_broken_connections()

    fresh = [session(), session(other)]
    other.close()
    assert lost[1] not in fresh
