"""API keys as bearer tokens, and staff by their session. Either way ``request.auth`` is the Caller."""

from __future__ import annotations

from django.db.models import Q
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from apps.accounts.caller import Caller, caller_of_key, caller_of_user
from apps.accounts.models import ApiKey, User
from apps.accounts.services import hash_key, note_use
from apps.core import clock
from apps.core.context import identify
from apps.core.errors import DomainError
from apps.core.process_cache import get_or_load

_IN_QUERY = frozenset({"api_key", "apikey", "access_token", "token", "key"})


class KeyInAddress(DomainError):
    code = "key_in_address"
    status = 400
    message = "Send the key in the Authorization header, never in the address: addresses end up in logs."


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer oy_…``."""

    def authenticate(self, request: Request) -> tuple[None, Caller] | None:
        if _IN_QUERY & request.query_params.keys():
            raise KeyInAddress()
        # Not by `headers`, which reads all of them first.
        scheme, _, text = request._request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        caller = get_or_load("key", hash_key(text.strip()), lambda: _caller(hash_key(text.strip())))
        if caller is None:
            raise exceptions.AuthenticationFailed("The key is unknown, revoked or expired.")
        identify(caller.actor, _verb(request))
        # No user: the library's column in history rows is for people, and a key is not one.
        return None, caller

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _caller(hashed: str) -> Caller | None:
    alive = Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=clock.now()))
    key = ApiKey.objects.select_related("owner").filter(alive, hash=hashed).first()
    if key is None:
        return None
    note_use(key)
    return caller_of_key(key)


class StaffSession(authentication.SessionAuthentication):
    """The console's own calls; CSRF-protected."""

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        found = super().authenticate(request)
        if found is None or not isinstance(found[0], User):
            return None
        caller = caller_of_user(found[0])
        identify(caller.actor, _verb(request))
        return found[0], caller


def _verb(request: Request) -> str:
    """What history rows give as the reason of a change: ``POST api/v1/orders/<ref:order_ref>/cancel``."""
    match = request._request.resolver_match
    return f"{request.method} {match.route}" if match else ""
