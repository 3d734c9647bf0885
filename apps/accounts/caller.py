"""Who is calling, and what they may touch; the same for a person and a machine."""

from __future__ import annotations

from dataclasses import dataclass

from apps.accounts.models import ApiKey, User
from apps.accounts.permissions import OF_PLACES, WHOLE_SHOP, scopes_of
from apps.core.actor import Actor
from apps.core.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Caller:
    """``channels``/``nodes`` empty: all of them. ``role``: what limits of amount are looked up by; empty: none.

    ``owner``: the public id of the member of staff behind it: the person, or who answers for the key; empty: nobody.
    """

    actor: Actor
    scopes: frozenset[str]
    channels: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()
    quota_per_minute: int = 0
    role: str = ""
    owner: str = ""

    # The REST framework asks its user these.
    is_authenticated = True
    is_active = True

    def require(self, scope: str) -> None:
        """Raises NotAllowed."""
        if scope not in self.scopes:
            limited = (self.channels or self.nodes) and scope in WHOLE_SHOP | OF_PLACES
            raise NotAllowed(permission=f"{scope}, and no limits to channels or nodes" if limited else scope)

    def may_channel(self, code: str) -> bool:
        return not self.channels or code in self.channels

    def may_node(self, code: str) -> bool:
        return not self.nodes or code in self.nodes


def caller_of_key(key: ApiKey) -> Caller:
    granted = scopes_of(key.role, key.scopes)
    return Caller(
        Actor("key", key.public_id),
        granted - _kept_from(key),
        frozenset(key.channels),
        frozenset(key.nodes),
        key.quota_per_minute,
        role=key.role,
        owner=key.owner.public_id if key.owner else "",
    )


def _kept_from(key: ApiKey) -> frozenset[str]:
    """A key of some channels has no place of its own: each place serves the other channels too."""
    if key.nodes:
        return WHOLE_SHOP
    return WHOLE_SHOP | OF_PLACES if key.channels else frozenset()


def caller_of_user(user: User) -> Caller:
    role = "admin" if user.is_superuser else user.role
    granted = scopes_of(role)
    scopes = granted - WHOLE_SHOP - OF_PLACES if user.nodes else granted
    person = user.public_id
    return Caller(Actor("staff", person), scopes, nodes=frozenset(user.nodes), role=role, owner=person)
