"""The countries by name (ISO 3166, and Unicode's names of them in other languages)."""

from __future__ import annotations

from unicodedata import normalize

import pycountry
from babel import Locale

from apps.core.language import ENGLISH, language


def countries() -> list[tuple[str, str]]:
    """(code, name) in the language of whoever looks, by name; an accent does not send a country to the end."""
    own = Locale.parse(language(), sep="-").territories if language() != ENGLISH else {}
    named = ((one.alpha_2, own.get(one.alpha_2, one.name)) for one in pycountry.countries)
    return sorted(named, key=lambda pair: normalize("NFKD", pair[1]))
