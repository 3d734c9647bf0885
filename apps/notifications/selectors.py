"""Who is to be told, and what somebody was told."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import connection
from django.db.models import Q, QuerySet

from apps.accounts.models import Role, User
from apps.notifications.models import StaffNotice

MOST_COUNTED = 100


def unread_count(user: User) -> int:
    """How many notices the person has not read, counting to a hundred."""
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, [user.pk, MOST_COUNTED])
        return int(cursor.fetchone()[0])


_UNREAD = """
SELECT count(*) FROM (SELECT 1 FROM notifications_staffnotice WHERE user_id = %s AND read_at IS NULL LIMIT %s) n
"""


def notices_of(user: User) -> QuerySet[StaffNotice]:
    return StaffNotice.objects.filter(user=user)


def staff_with_roles(roles: Collection[str], *, node: str = "") -> list[User]:
    """Active staff of these roles; people of one node only where it is theirs. ``node`` empty: wherever it is."""
    wanted = Q(role__in=roles)
    if Role.ADMIN in roles:
        wanted |= Q(is_superuser=True)
    rows = User.objects.filter(wanted, is_active=True, is_staff=True)
    if node:
        rows = rows.filter(Q(nodes=[]) | Q(nodes__contains=[node]))
    return list(rows.order_by("pk"))


def staff_by_refs(refs: Iterable[str]) -> list[User]:
    return list(User.objects.filter(public_id__in=set(refs), is_active=True).order_by("pk"))
