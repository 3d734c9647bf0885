"""Who is to be told, and what somebody was told."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.accounts.staff import staff_with_roles
from apps.notifications.models import StaffNotice

__all__ = ["notices_of", "staff_by_refs", "staff_with_roles", "unread_count"]

MOST_COUNTED = 100


def unread_count(user: User) -> int:
    """How many things the person has unread notices about, counting to a hundred."""
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, [user.pk, MOST_COUNTED])
        return int(cursor.fetchone()[0])


_UNREAD = """
SELECT count(*) FROM (SELECT DISTINCT kind, link FROM notifications_staffnotice WHERE user_id = %s AND read_at IS NULL
                       LIMIT %s) n
"""


def notices_of(user: User) -> QuerySet[StaffNotice]:
    return StaffNotice.objects.filter(user=user)


def staff_by_refs(refs: Iterable[str]) -> list[User]:
    return list(User.objects.filter(public_id__in=set(refs), is_active=True).order_by("pk"))
