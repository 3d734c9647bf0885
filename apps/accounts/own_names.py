"""Countries and currencies by their names in the language of whoever looks."""

from __future__ import annotations

from unicodedata import normalize

import pycountry
from babel import Locale

from apps.core.language import ENGLISH, language
from apps.core.money import CURRENCIES


def countries() -> list[tuple[str, str]]:
    """(code, name) in the language of whoever looks, by name; an accent does not send a country to the end."""
    own = Locale.parse(language(), sep="-").territories if language() != ENGLISH else {}
    known = [(one.alpha_2, own.get(one.alpha_2, one.name)) for one in pycountry.countries]
    return sorted(known, key=lambda pair: normalize("NFKD", pair[1]))


def currencies() -> list[tuple[str, str]]:
    """(code, code and name) in the language of whoever looks, by code."""
    own = Locale.parse(language(), sep="-").currencies if language() != ENGLISH else {}
    known = [one for one in pycountry.currencies if one.alpha_3 in CURRENCIES]
    return [(one.alpha_3, f"{one.alpha_3} · {own.get(one.alpha_3, one.name)}") for one in known]
