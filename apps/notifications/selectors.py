"""Who is to be notified, and what somebody was notified of."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import CharField, Exists, F, Func, OuterRef, Q, QuerySet, Value

from apps.accounts.caller import caller_of_user
from apps.accounts.models import User
from apps.accounts.staff import staff_with_roles
from apps.casework.approvals.selectors import approvals_for
from apps.casework.visibility import cases, orders
from apps.notifications.models import StaffNotice

__all__ = ["may_still_see", "notices_of", "staff_by_refs", "staff_with_roles", "unread_count"]

MOST_COUNTED = 100
SETS_UP_WEBHOOKS = frozenset({"webhooks:write"})
SETS_UP_CHANNELS = frozenset({"channels:write"})


def unread_count(user: User) -> int:
    """How many things the person has unread notices about, counting to a hundred."""
    if user.nodes:
        unread = notices_of(user).filter(read_at__isnull=True).order_by().values("kind", "link").distinct()
        return int(unread[:MOST_COUNTED].count())
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, [user.pk, MOST_COUNTED])
        return int(cursor.fetchone()[0])


_UNREAD = """
SELECT count(*) FROM (SELECT DISTINCT kind, link FROM notifications_staffnotice WHERE user_id = %s AND read_at IS NULL
                       LIMIT %s) n
"""


def notices_of(user: User) -> QuerySet[StaffNotice]:
    """What the person was notified of and may still look at: a store that was taken away takes its notices along."""
    # The id in the address: /orders/ord_1/ has it third.
    thing = Func(F("link"), Value("/"), Value(3), function="split_part", output_field=CharField())
    rows = StaffNotice.objects.filter(user=user).alias(thing=thing)
    reader = caller_of_user(user)
    if not SETS_UP_WEBHOOKS & reader.scopes:
        rows = rows.exclude(link__startswith="/admin/")
    if not SETS_UP_CHANNELS & reader.scopes:
        rows = rows.exclude(link__startswith="/channels/")
    if not reader.nodes:
        return rows
    for pages, visible in (
        ("/exceptions/", cases(reader)),
        ("/approvals/", approvals_for(reader).order_by()),
        ("/orders/", orders(reader)),
    ):
        rows = rows.filter(
            ~Q(link__startswith=pages) | Q(thing="") | Exists(visible.filter(public_id=OuterRef("thing")))
        )
    return rows


def may_still_see(notice: StaffNotice) -> bool:
    """Whether whom it is for works here and may look at what it is about, now."""
    user = notice.user
    return user.is_active and user.is_staff and notices_of(user).filter(pk=notice.pk).exists()


def staff_by_refs(refs: Iterable[str]) -> list[User]:
    return list(User.objects.filter(public_id__in=set(refs), is_active=True).order_by("pk"))
