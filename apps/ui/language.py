"""In which language pages are drawn: the person's own, else the one the browser asks for, else English."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from apps.accounts.models import User
from apps.core.text import Text

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


def translated(text: str) -> str:
    """What stands in a table, on a model or in a row in plain English; what nobody has translated stays as it is."""
    if not text:
        return ""
    if isinstance(text, Text):
        return _drawn(text)
    found = translation.gettext(text)
    # A word that is counted too ("order", "orders") has its translation among those with a number.
    return found if found != text else translation.ngettext(text, text, 1)


def _drawn(text: Text) -> str:
    said = translation.ngettext(text.template, text.many, text.number) if text.many else translated(text.template)
    details = {name: translated(one) if isinstance(one, Text) else one for name, one in text.details.items()}
    drawn = said.format(**details)
    return drawn[:1].upper() + drawn[1:] if text.begins else drawn


def translated_lines(text: str) -> str:
    """The same of a text of several lines that were written apart, as playbooks are."""
    return "\n".join(map(translated, text.splitlines()))


def choices(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """(value, label) of what can be chosen, the labels translated."""
    return [(value, translated(label)) for value, label in pairs]
