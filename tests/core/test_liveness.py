"""A statement is waited for as long as the server is alive, and no longer."""

from __future__ import annotations

import time

import pytest
from django.db import OperationalError, connection
from psycopg import Connection
from psycopg.errors import _WaitTimeout
from psycopg.generators import notifies

from apps.core.postgresql import liveness

pytestmark = pytest.mark.django_db(transaction=True)


def sleep(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


def test_psycopg_still_says_by_a_timeout_of_its_own_that_a_statement_takes_longer():
    connection.ensure_connection()
    raw = connection.connection

    with pytest.raises(_WaitTimeout):
        Connection.wait(raw, notifies(raw.pgconn), timeout=0.05)


def test_a_long_statement_is_waited_for_while_the_server_answers(settings):
    settings.DATABASE_CHECK_AFTER_S = 0.05

    sleep(0.3)


def test_a_statement_is_given_up_once_the_server_does_not_answer(settings, monkeypatch):
    settings.DATABASE_CHECK_AFTER_S = 0.05
    monkeypatch.setattr(liveness, "_answers", lambda *address, within_s: False)
    monkeypatch.setattr(liveness.server, "_checked_at", float("-inf"))
    began = time.monotonic()

    with pytest.raises(OperationalError):
        sleep(20)

    assert time.monotonic() - began < 5
    assert liveness.server.away
    monkeypatch.undo()
    liveness.server._checked_at = float("-inf")
    connection.close()
    sleep(0)
    assert not liveness.server.away
