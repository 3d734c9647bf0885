"""A connection of the pool stays with its thread for some seconds, and is lost neither with the thread nor with the database."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import close_old_connections, connection

from apps.core.postgresql import base
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


def session() -> int:
    """The number of PostgreSQL's process that answers this thread."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def in_hand() -> int:
    stats = connection.pool.get_stats()
    return int(stats["pool_size"] - stats["pool_available"])


def test_the_next_request_of_a_thread_finds_its_connection_in_hand():
    first = session()
    close_old_connections()

    assert in_hand() == 1
    assert session() == first


def test_after_some_seconds_it_goes_back_when_a_request_ends(monkeypatch):
    monkeypatch.setattr(base, "IN_HAND_S", 0.0)
    session()
    close_old_connections()

    assert in_hand() == 0


def test_a_thread_that_ends_with_it_gives_it_back():
    for _ in range(3):
        thread = threading.Thread(target=session)
        thread.start()
        thread.join()

    assert in_hand() == 0
    session()
    assert in_hand() == 1


def test_threads_beyond_the_pools_size_take_turns_with_its_last_one(monkeypatch):
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
    assert in_hand() == 1


def test_two_in_one_thread_leave_each_other_alone():
    other = connection.copy()
    first = session()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] != first

    assert in_hand() == 2
    assert session() == first
    other.close()
    assert in_hand() == 1
    assert session() == first


def test_a_connection_lost_with_the_database_is_not_used_again():
    lost, ready, go, answers = session(), threading.Event(), threading.Event(), []

    def other() -> None:
        answers.append(session())
        ready.set()
        go.wait(10)
        close_old_connections()
        answers.append(session())
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    ready.wait(10)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [answers[0]])
    drop_broken_connections()
    go.set()
    thread.join(10)

    assert len(answers) == 2
    assert answers[1] != answers[0]
    assert lost != answers[0]
