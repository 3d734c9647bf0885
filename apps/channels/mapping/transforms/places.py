"""Countries and their regions, by ISO 3166."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import Any

import pycountry

from apps.channels.mapping.scope import CannotConvert, Scope, code_text, is_empty
from apps.channels.mapping.transforms.registry import transform
from apps.channels.mapping.transforms.text import plain_text
from apps.core.text import Text

# Everyday names that ISO does not list.
_EVERYDAY = {
    "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB",
    "usa": "US", "u.s.a.": "US", "u.s.": "US", "america": "US", "russia": "RU", "south korea": "KR", "korea": "KR",
    "vietnam": "VN", "eire": "IE", "republic of ireland": "IE", "rsa": "ZA", "uae": "AE", "holland": "NL",
    "the netherlands": "NL", "deutschland": "DE", "espana": "ES", "italia": "IT", "brasil": "BR", "osterreich": "AT",
    "schweiz": "CH", "suisse": "CH", "turkey": "TR", "macau": "MO", "ivory coast": "CI", "czech republic": "CZ",
    # What post offices know and ISO does not list, and names in the languages shops are run in.
    "xk": "XK", "xkx": "XK", "kosovo": "XK", "ic": "IC", "canary islands": "IC", "islas canarias": "IC", "ea": "EA",
    "ceuta": "EA", "melilla": "EA", "ceuta and melilla": "EA", "an": "AN", "netherlands antilles": "AN", "ac": "AC",
    "ascension island": "AC", "ta": "TA", "tristan da cunha": "TA", "el": "GR", "england & wales": "GB",
    "swaziland": "SZ", "macedonia": "MK", "cape verde": "CV", "burma": "MM", "east timor": "TL", "vatican": "VA",
    "vatican city": "VA", "palestine": "PS", "taiwan": "TW", "hong kong sar": "HK", "frankreich": "FR", "allemagne": "DE",
    "alemania": "DE", "germania": "DE", "duitsland": "DE", "grossbritannien": "GB", "royaume-uni": "GB", "reino unido": "GB",
    "regno unito": "GB", "vereinigtes konigreich": "GB", "verenigd koninkrijk": "GB", "estados unidos": "US",
    "etats-unis": "US", "vereinigte staaten": "US", "belgie": "BE", "belgique": "BE", "belgien": "BE", "nederland": "NL",
    "niederlande": "NL", "pays-bas": "NL", "francia": "FR", "frankrijk": "FR", "espagne": "ES", "spanien": "ES", "spanje": "ES",
    "italie": "IT", "italien": "IT", "svizzera": "CH", "polska": "PL", "sverige": "SE", "norge": "NO", "danmark": "DK",
    "suomi": "FI", "autriche": "AT", "portugal continental": "PT", "ceska republika": "CZ", "cesko": "CZ", "slovensko": "SK",
    "magyarorszag": "HU", "hellas": "GR", "turkiye": "TR", "united states of america (usa)": "US", "united kingdom (uk)": "GB",
    "united states (us)": "US", "republic of kosovo": "XK",
}  # fmt: skip


@transform()
def country(value: Any, scope: Scope) -> str:
    """A country's name, alpha-3 or alpha-2 code to alpha-2; the table "country" of the channel or document goes first."""
    written = plain_text(value)
    folded = fold(written)
    own = scope.word("country", written.casefold())
    found = own if own is not None else countries().get(folded)
    if found is None:
        raise CannotConvert(
            Text("{name} is not a country we know", name=code_text(written)),
            Text('Add it to the table "country" of this channel, or correct the address.'),
        )
    return found


@transform()
def region(value: Any, scope: Scope, *, country_target: str) -> str:
    """A region's name or code to the second part of its ISO 3166-2 code ("Kentucky" to KY); unknown text is kept."""
    written = plain_text(value)
    alpha2 = scope.mapped.get(country_target)
    if not isinstance(alpha2, str) or is_empty(alpha2):
        return _kept(written, scope)
    known = regions(alpha2)
    found = known.get(fold(written))
    if found is None and known:
        scope.warn(
            Text(
                "{name} is not a region of {country} we know; kept as written", name=code_text(written), country=alpha2
            )
        )
    return found or _kept(written, scope)


def _kept(written: str, scope: Scope) -> str:
    if scope.limit and len(written) > scope.limit:
        scope.warn(Text("cut to {most} characters", most=scope.limit))
        return written[: scope.limit]
    return written


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """For comparing names: no accents, no case, single spaces."""
    plain = unicodedata.normalize("NFKD", text[:128])
    return " ".join("".join(mark for mark in plain if not unicodedata.combining(mark)).split()).casefold()


@cache
def countries() -> dict[str, str]:
    """Every folded name and code of a country to its alpha-2 code."""
    table = dict(_EVERYDAY)
    for entry in pycountry.countries:
        names = [entry.alpha_2, entry.alpha_3, entry.name]
        names += [name for name in (getattr(entry, "official_name", ""), getattr(entry, "common_name", "")) if name]
        table.update({fold(name): entry.alpha_2 for name in names})
    return table


@lru_cache(maxsize=512)
def regions(alpha2: str) -> dict[str, str]:
    """Every folded name and code of a country's regions to the code's second part. Codes win over names."""
    entries = pycountry.subdivisions.get(country_code=alpha2) or []  # type: ignore[no-untyped-call]
    names = {fold(entry.name): entry.code.split("-", 1)[1] for entry in entries}
    codes: dict[str, str] = {}
    for entry in entries:
        part = entry.code.split("-", 1)[1]
        # The last form is what some shops write: JP13 for JP-13.
        codes.update({part.casefold(): part, entry.code.casefold(): part, f"{alpha2}{part}".casefold(): part})
    return names | codes
