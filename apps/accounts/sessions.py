"""Who is at the other end of a browser: Django's own sessions and staff, read by SQL composed once.

Every page and every poll asks both; building two querysets cost a tenth of a page.
"""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.db import SessionStore as Stored
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.accounts.models import User
from apps.core.bulk.raw_rows import select_rows


class SessionStore(Stored):
    """Sessions in the database."""

    def _get_session_from_db(self) -> Session | None:
        # Sessions end by the real clock, which is also what writes their end.
        found = select_rows(
            Session, "WHERE t.session_key = %s AND t.expire_date > %s", [self.session_key, timezone.now()]
        )
        if not found:
            self._session_key = None
            return None
        return found[0]


class StaffBackend(ModelBackend):
    """Staff by name and password."""

    def get_user(self, user_id: int) -> User | None:
        """The person of a session; None: not there any more, or switched off."""
        found = select_rows(User, "WHERE t.id = %s", [user_id])
        return found[0] if found and self.user_can_authenticate(found[0]) else None
