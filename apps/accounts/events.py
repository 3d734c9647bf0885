"""What happens to API keys and to people's logins."""

from __future__ import annotations

from apps.accounts.models import ApiKey, User
from apps.core.outbox import Fact

KEY_MADE = "key.made"
KEY_REVOKED = "key.revoked"
INVITED = "staff.invited"
LINK_WANTED = "staff.password_link_wanted"


def fact_of_key(name: str, key: ApiKey) -> Fact:
    """On the key's own timeline. Why and from where stands in the key's row: a reason is free text."""
    return Fact(name, key.pk, key.public_id, key.public_id, {"name": key.name, "role": key.role})


def fact_of_user(name: str, user: User) -> Fact:
    """On the person's own timeline."""
    return Fact(name, user.pk, user.public_id, user.public_id)
