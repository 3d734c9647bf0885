"""One permission class: a view names the scope each method needs."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.accounts.caller import Caller


class HasScope(BasePermission):
    """``view.scopes`` maps HTTP methods to the scope needed; a method it leaves out is closed."""

    def has_permission(self, request: Request, view: Any) -> bool:
        caller = request.auth
        if not isinstance(caller, Caller):
            return False
        method = "GET" if request.method == "HEAD" else str(request.method)
        scope = getattr(view, "scopes", {}).get(method)
        if scope is None:
            # A method the view does not have is let through, to be answered 405; one it has stays closed.
            return method == "OPTIONS" or not hasattr(view, method.lower())
        caller.require(scope)
        return True
