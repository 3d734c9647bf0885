"""What every page says to the browser: nothing comes from another host, nothing runs that we did not ship."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.accounts.models import User
from apps.casework.redaction import redaction_for

# Our own pages carry no inline script, no inline style, and evaluate no text.
STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "object-src 'none'"
)
# The configuration screens' frame evaluates the expressions its templates hold, and sets styles inline.
CONFIGURATION = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'self'; "
    "object-src 'none'"
)
# The API's description is drawn by a viewer that starts itself inline; nothing on that page comes from people.
DESCRIPTION = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
LOOSER = (("/admin/", CONFIGURATION), ("/api/docs/", DESCRIPTION))


class ContentSecurityPolicy:
    """No script, style, picture or request of another host."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        policy = next((looser for under, looser in LOOSER if request.path.startswith(under)), STRICT)
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
        return response


class OwnPlacesOnly:
    """The configuration screens say of other places what all pages say to somebody limited to some: that there are such."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if not request.path.startswith("/admin/") or not isinstance(request.user, User) or not request.user.nodes:
            return response
        redaction = redaction_for(request.user.nodes)
        if redaction.active and response.get("Content-Type", "").startswith("text/html") and not response.streaming:
            response.content = redaction.page(response.content.decode()).encode()
        return response
