"""Making and revoking API keys."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from apps.accounts.models import ApiKey, Role
from apps.core import clock
from apps.core.brief import forget

PREFIX = "oy_"


def hash_key(text: str) -> str:
    """SHA-256 of the key's text; 256 bits of chance need no salt."""
    return hashlib.sha256(text.encode()).hexdigest()


def create_api_key(
    *,
    name: str,
    role: str = Role.INTEGRATOR,
    scopes: Sequence[str] = (),
    channels: Sequence[str] = (),
    nodes: Sequence[str] = (),
    expires_at: datetime | None = None,
    quota_per_minute: int = 12_000,
    text: str = "",
) -> tuple[ApiKey, str]:
    """A new key and its text, which is shown this once. ``text`` fixes it, for a demonstration only."""
    text = text or PREFIX + secrets.token_urlsafe(32)
    key, _ = ApiKey.objects.update_or_create(
        hash=hash_key(text),
        defaults={
            "name": name,
            "role": role,
            "scopes": list(scopes),
            "channels": list(channels),
            "nodes": list(nodes),
            "expires_at": expires_at,
            "quota_per_minute": quota_per_minute,
        },
    )
    return key, text


def revoke_api_key(key: ApiKey) -> ApiKey:
    """From now on the key is refused."""
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        key.save(update_fields=["revoked_at"])
        forget()
    return key
