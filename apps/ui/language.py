"""In which language pages are drawn: the person's own, else the one the browser asks for, else English."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from apps.accounts.models import User
from apps.core.language import ENGLISH, language
from apps.core.translated import translated

__all__ = ["ENGLISH", "choices", "language", "language_of", "request_language", "translated", "translated_lines"]


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


def translated_lines(text: str) -> str:
    """The same of a text of several lines that were written apart, as playbooks are."""
    return "\n".join(map(translated, text.splitlines()))


def choices(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """(value, label) of what can be chosen, the labels translated."""
    return [(value, translated(label)) for value, label in pairs]
