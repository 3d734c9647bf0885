"""A sentence in the language of whoever reads it: on a page, in a mail, in a notice."""

from __future__ import annotations

from typing import Any

from django.utils import translation

from apps.core import locale
from apps.core.language import ENGLISH, language
from apps.core.money import MoneyText
from apps.core.reading_back import read_back
from apps.core.text import Moment, Text


def translated(text: str) -> str:
    """What was made of templates, or stands in a table, on a model or in a row in plain English.

    What nobody has translated stays as it is, as does what somebody wrote.
    """
    if not text:
        return ""
    if isinstance(text, Text | MoneyText | Moment):
        return _drawn(text)
    found = looked_up(text)
    if found != text or language() == ENGLISH:
        return found
    known = read_back(text, language())
    return text if known is None else _drawn(known)


def looked_up(text: str) -> str:
    """What the catalog has for a text that stands there as it is; the text itself where it has nothing."""
    found = translation.gettext(text) if text else ""
    # A word that is counted too ("order", "orders") has its translation among those with a number.
    return found if found != text else translation.ngettext(text, text, 1)


def _drawn(text: Text | MoneyText | Moment) -> str:
    if isinstance(text, MoneyText):
        return locale.money(text.minor, text.currency)
    if isinstance(text, Moment):
        return locale.written(text.at, text.pattern)
    said = translation.ngettext(text.template, text.many, text.number) if text.many else looked_up(text.template)
    drawn = said.format(**{name: _detail(one) for name, one in text.details.items()})
    return drawn[:1].upper() + drawn[1:] if text.begins else drawn


def _detail(value: Any) -> Any:
    return _drawn(value) if isinstance(value, Text | MoneyText | Moment) else value
