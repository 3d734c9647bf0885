"""What happens to API keys."""

from __future__ import annotations

from apps.accounts.models import ApiKey
from apps.core.outbox import Fact

KEY_MADE = "key.made"
KEY_REVOKED = "key.revoked"


def fact_of_key(name: str, key: ApiKey) -> Fact:
    """On the key's own timeline. Why and from where stands in the key's row: a reason is free text."""
    return Fact(name, key.pk, key.public_id, key.public_id, {"name": key.name, "role": key.role})
