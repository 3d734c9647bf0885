"""What every page says to the browser: nothing comes from another host, nothing runs that we did not ship."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation

from apps.accounts.api.throttling import WINDOW_S, count_in_minute
from apps.accounts.models import User
from apps.casework.redaction import redaction_for
from apps.core.actor import Actor
from apps.core.client_address import remote_of
from apps.core.context import identify
from apps.core.machine_calls import is_from_machine
from apps.ui.language import language_of
from apps.ui.locale import written_as
from apps.ui.timezone import own_zone, show_times_in

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


class LanguageMiddleware:
    """Pages are drawn in the person's own language, dates and numbers as they write them; the API and what follows stay with English."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_from_machine(request):
            return self._get_response(request)
        with translation.override(language_of(request)), written_as(_locale_of(request)):
            return self._get_response(request)


def _locale_of(request: HttpRequest) -> str:
    """Dates and numbers of the API are those of machines, whoever asks."""
    return request.user.locale if isinstance(request.user, User) and not request.path.startswith("/api/") else ""


class OwnTimeInConfiguration:
    """The configuration screens show and read times in the person's own zone, as the console's pages do; else in UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/admin/") or not request.user.is_authenticated:
            return self._get_response(request)
        identify(Actor("staff", request.user.public_id), "configuration")
        show_times_in(request.user.time_zone)
        with timezone.override(own_zone()):
            return self._get_response(request)


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


class LoginThrottle:
    """Whoever tries name after name at the login, or has links mailed to one after the other, is slowed down by address.

    The lock of one name (axes) does not see a guesser who tries each name once, and every try costs a second of work.
    """

    MOST_IN_A_MINUTE = 30

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._doors = frozenset({reverse("admin:login"), reverse("console:password_forgot")})

    def __call__(self, request: HttpRequest) -> HttpResponse:
        guesses = request.method == "POST" and request.path in self._doors
        if guesses and count_in_minute(f"guesses:{remote_of(request)}") > self.MOST_IN_A_MINUTE:
            answer = render(request, "console/slow_down.html", status=429)
            answer.headers["Retry-After"] = str(WINDOW_S)
            return answer
        return self._get_response(request)
