"""Where a request comes from."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def remote_of(request: HttpRequest) -> str:
    """The address of the caller. Behind a proxy it is the one the proxy has seen, which it writes last in the list."""
    if settings.BEHIND_PROXY:
        last_hop: str = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if _is_address(last_hop):
            return last_hop
    seen: str = request.META.get("REMOTE_ADDR", "")
    return seen


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
