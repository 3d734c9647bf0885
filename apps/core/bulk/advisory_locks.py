"""PostgreSQL's advisory locks, by name: for what has no row that could be locked."""

from __future__ import annotations

from django.db import connection


def lock_name(name: str) -> None:
    """Hold the name until the transaction ends; whoever else wants it waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def try_session_lock(name: str) -> bool:
    """Whether this session got the name; it has it until ``release_session_lock``, or until the session ends, however it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def release_session_lock(name: str) -> None:
    """Let another session have it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
