"""API keys as bearer tokens, and staff by their session."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from apps.accounts.caller import Caller, caller_of_key, caller_of_user
from apps.accounts.models import ApiKey, User
from apps.accounts.services import hash_key
from apps.core import clock


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer oy_…``. A key in the query string is refused: those end up in logs."""

    def authenticate(self, request: Request) -> tuple[Caller, Any] | None:
        if {"api_key", "access_token", "token", "key"} & request.query_params.keys():
            raise exceptions.AuthenticationFailed("Send the key in the Authorization header, never in the address.")
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        alive = Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=clock.now()))
        key = ApiKey.objects.filter(alive, hash=hash_key(text.strip())).first()
        if key is None:
            raise exceptions.AuthenticationFailed("The key is unknown, revoked or expired.")
        return caller_of_key(key), key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class StaffSession(authentication.SessionAuthentication):
    """The console's own calls; CSRF-protected."""

    def authenticate(self, request: Request) -> tuple[Caller, Any] | None:
        found = super().authenticate(request)
        if found is None or not isinstance(found[0], User):
            return None
        return caller_of_user(found[0]), None
