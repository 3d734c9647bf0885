"""How dates, numbers and amounts are written (``apps/core/locale.py``), and the countries by name."""

from __future__ import annotations

from unicodedata import normalize

from babel import Locale

from apps.accounts.plainfields import LISTS
from apps.core.language import ENGLISH, language
from apps.core.locale import absolute, day, money, number, own_locale, percent, written, written_as

__all__ = ["absolute", "countries", "day", "money", "number", "own_locale", "percent", "written", "written_as"]


def countries() -> list[tuple[str, str]]:
    """(code, name) in the language of whoever looks, by name; an accent does not send a country to the end."""
    known = LISTS["countries"]()
    if language() == ENGLISH:
        return list(known)
    names = Locale.parse(language(), sep="-").territories
    return sorted(((code, names.get(code, name)) for code, name in known), key=lambda pair: normalize("NFKD", pair[1]))
