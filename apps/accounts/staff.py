"""Active staff: the people who may be notified, assigned work, or asked to decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.db.models import Q

from apps.accounts.models import Role, User
from apps.accounts.permissions import scopes_of

SEES_CASES = "cases:read"


def works_here(user: User, *, scope: str = SEES_CASES) -> bool:
    """Active staff whose role holds the scope."""
    role = Role.ADMIN if user.is_superuser else user.role
    return user.is_active and user.is_staff and scope in scopes_of(role)


def staff_now() -> list[User]:
    """Everybody who works here, in a fixed order."""
    return [user for user in User.objects.filter(is_active=True, is_staff=True).order_by("pk") if works_here(user)]


def of_roles(people: Iterable[User], roles: Collection[str]) -> list[User]:
    """Those of them who have one of the roles; a superuser is an administrator."""
    return [user for user in people if user.role in roles or (user.is_superuser and Role.ADMIN in roles)]


def by_refs(people: Iterable[User], refs: Collection[str]) -> list[User]:
    return [user for user in people if user.public_id in refs]


def last_resort(people: Sequence[User]) -> list[User]:
    """Who looks after what nobody else is left for: operations, else administrators. Those limited to places are no help."""
    free = [user for user in people if not user.nodes]
    return of_roles(free, [Role.OPERATIONS]) or of_roles(free, [Role.ADMIN])


def staff_with_roles(roles: Collection[str], *, node: str = "") -> list[User]:
    """Active staff of these roles; people of one node only where it is theirs. ``node`` empty: wherever it is."""
    wanted = Q(role__in=roles)
    if Role.ADMIN in roles:
        wanted |= Q(is_superuser=True)
    rows = User.objects.filter(wanted, is_active=True, is_staff=True)
    if node:
        rows = rows.filter(Q(nodes=[]) | Q(nodes__contains=[node]))
    return list(rows.order_by("pk"))
