"""The front door as the console's own pages use it: somebody logged in."""

from __future__ import annotations

from apps.accounts.models import User
from tests.api.front_door import Door
from tests.factories import UserFactory


class StaffDoor(Door):
    """Requests of one member of staff, by their session."""

    def __init__(self, user: User | None = None, *, role: str = "lead") -> None:
        super().__init__()
        self.user: User = user or UserFactory(role=role)
        self._client.force_login(self.user)
