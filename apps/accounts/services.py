"""Making and revoking API keys."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from apps.accounts import events
from apps.accounts.errors import KeyRefused, ReasonMissing
from apps.accounts.models import ApiKey, Role, User
from apps.accounts.permissions import scopes_of
from apps.core import clock
from apps.core.actor import SYSTEM, Actor
from apps.core.outbox import record
from apps.core.process_cache import clear_process_cache
from apps.core.text import Text
from apps.core.transactions import service

PREFIX = "oy_"
# That a key was used is written down once in this time, not with every call.
USE_NOTED_EVERY = timedelta(minutes=1)


def hash_key(text: str) -> str:
    """SHA-256 of the key's text; 256 bits of chance need no salt."""
    return hashlib.sha256(text.encode()).hexdigest()


def refuse_bad_key(*, role: str, scopes: Collection[str], expires_at: datetime | None) -> None:
    """Raises KeyRefused for a scope that the role lacks, which would give nothing, and for an end that has passed."""
    lacking = set(scopes) - scopes_of(role)
    if lacking:
        raise KeyRefused(
            problem=Text("the role {role} has no scope {scopes}", role=role, scopes=", ".join(sorted(lacking)))
        )
    if expires_at is not None and expires_at <= clock.now():
        raise KeyRefused(problem=Text("it would have expired already"))


@service
def create_api_key(
    *,
    name: str,
    role: str = Role.INTEGRATOR,
    scopes: Sequence[str] = (),
    channels: Sequence[str] = (),
    nodes: Sequence[str] = (),
    expires_at: datetime | None = None,
    quota_per_minute: int = 12_000,
    owner: User | None = None,
    text: str = "",
    actor: Actor = SYSTEM,
) -> tuple[ApiKey, str]:
    """A new key and its text, which is shown this once. ``text`` fixes it, for a demonstration only. Raises KeyRefused."""
    refuse_bad_key(role=role, scopes=scopes, expires_at=expires_at)
    text = text or PREFIX + secrets.token_urlsafe(32)
    key, made = ApiKey.objects.update_or_create(
        hash=hash_key(text),
        defaults={
            "name": name,
            "role": role,
            "scopes": list(scopes),
            "channels": list(channels),
            "nodes": list(nodes),
            "expires_at": expires_at,
            "quota_per_minute": quota_per_minute,
            "owner": owner,
            "created_by": str(actor),
        },
    )
    if made:
        record(events.key_fact(key, events.KeyMade(name=key.name, role=key.role)), actor=actor)
    return key, text


@service
def revoke_api_key(key_ref: str, *, why: str, remote: str = "", actor: Actor) -> ApiKey:
    """From now on the key is refused. Who, when, why and from where stays in its row. Raises ReasonMissing."""
    key = ApiKey.objects.select_for_update().get(public_id=key_ref)
    if key.revoked_at is not None:
        return key
    if not why.strip():
        raise ReasonMissing()
    key.revoke(why=why.strip(), remote=remote, by=str(actor), now=clock.now())
    key.save(update_fields=["revoked_at", "revoked_by", "revoked_because", "revoked_from"])
    record(events.key_fact(key, events.KeyRevoked(name=key.name, role=key.role)), actor=actor)
    # Now for who goes on in this transaction, and again when it is done: another thread may ask in between.
    clear_process_cache()
    transaction.on_commit(clear_process_cache)
    return key


def note_use(key: ApiKey) -> None:
    """Write down that the key is in use, unless that stands there already."""
    now = clock.now()
    if key.last_used_at is None or key.last_used_at < now - USE_NOTED_EVERY:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
        ApiKey.objects.filter(unnoted, pk=key.pk).update(last_used_at=now)
