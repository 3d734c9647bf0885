"""Who is notified of a case, owns it, or is alerted: people who may see it and still work here; when nobody is left, others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from apps.accounts.models import User
from apps.accounts.staff import by_refs, last_resort, of_roles, staff_now, works_here
from apps.casework.models import ExceptionCase
from apps.casework.visibility import who_may_see


def recipients(
    case: ExceptionCase,
    *,
    roles: Collection[str] = (),
    refs: Collection[str] = (),
    owner: bool = False,
    staff: Sequence[User] | None = None,
) -> list[User]:
    """Of all that are named, those who work here and may see the case, each once. ``staff``: everybody, if at hand."""
    people = staff_now() if staff is None else staff
    named = {user.pk: user for user in (*of_roles(people, roles), *by_refs(people, refs))}
    if owner and case.owner_id is not None:
        named |= {user.pk: user for user in people if user.pk == case.owner_id}
    return who_may_see(case, named.values())


def or_somebody(found: Sequence[User], *, staff: Sequence[User] | None = None) -> list[User]:
    """They, or where there are none those who look after what nobody else is left for."""
    return list(found) or last_resort(staff_now() if staff is None else staff)


def may_own(case: ExceptionCase, users: Iterable[User]) -> list[User]:
    """Those of the people whom the case may be given to."""
    return who_may_see(case, [user for user in users if works_here(user)])
