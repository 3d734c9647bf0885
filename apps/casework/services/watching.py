"""What is kept beside a case without being part of it: who looks at it, and its clocks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import connection

from apps.accounts.models import User
from apps.casework import selectors
from apps.casework.models import CaseWatcher
from apps.core import clock
from apps.core.actor import Actor

_FORGET_AFTER = timedelta(hours=1)
_CLOCKS = """
UPDATE casework_exceptioncase c SET next_due_at = v.due, breached_at = v.breached
  FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS v(id, due, breached)
 WHERE c.id = v.id AND c.state IN ('open', 'in_progress', 'waiting')
"""
Clocks = tuple[datetime | None, datetime | None]


def watch_case(case_id: int, *, user: User) -> list[User]:
    """Say that somebody looks at the case; returns who else is there. A courtesy: it locks and keeps nothing."""
    CaseWatcher.objects.bulk_create(
        [CaseWatcher(case_id=case_id, user=user, seen_at=clock.now())],
        update_conflicts=True,
        unique_fields=["case", "user"],
        update_fields=["seen_at"],
    )
    return [other for other in selectors.who_is_there(case_id) if other.pk != user.pk]


def forget_watchers() -> None:
    """Drop what nobody will ask for again."""
    CaseWatcher.objects.filter(seen_at__lt=clock.now() - _FORGET_AFTER).delete()


def set_clocks(clocks: Mapping[int, Clocks], *, actor: Actor) -> None:
    """Write each case's (next due, breached at), by pk. No event, no history, no version: nobody's change goes stale by it."""
    del actor  # Whoever keeps the clocks says so in events of its own.
    if not clocks:
        return
    ids = sorted(clocks)
    with connection.cursor() as cursor:
        cursor.execute(_CLOCKS, [ids, [clocks[pk][0] for pk in ids], [clocks[pk][1] for pk in ids]])
