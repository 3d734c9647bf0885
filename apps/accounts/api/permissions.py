"""One permission class: a view names the scope each method needs."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.accounts.caller import Caller
from apps.core.errors import NotAllowed


class HasScope(BasePermission):
    """``view.scopes`` maps HTTP methods to the scope needed; a method it leaves out is closed."""

    def has_permission(self, request: Request, view: Any) -> bool:
        caller = request.user
        if not isinstance(caller, Caller):
            return False
        scope = getattr(view, "scopes", {}).get(request.method)
        if scope is None:
            return request.method == "OPTIONS"
        if scope not in caller.scopes:
            raise NotAllowed(permission=scope)
        return True
