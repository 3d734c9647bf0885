"""In which language pages are drawn: the person's own, else the one the browser asks for, else English."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from apps.accounts.models import User

# What machines and files are answered with: they compare texts, and have no person in front of them.
ENGLISH = "en"


def language_of(request: HttpRequest) -> str:
    """A code of ``settings.LANGUAGES``. The API speaks English to everybody, a colleague's browser among them."""
    if request.path.startswith("/api/"):
        return ENGLISH
    if isinstance(request.user, User) and request.user.language in dict(settings.LANGUAGES):
        return request.user.language
    return request_language(request)


def request_language(request: HttpRequest) -> str:
    """What the browser asks for, where we have it."""
    return translation.get_language_from_request(request)


def language() -> str:
    """What is drawn in just now, for the ``lang`` of the page."""
    return translation.get_language() or ENGLISH
