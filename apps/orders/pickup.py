"""Which store a customer means to collect from, by what the channel says of it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

# Words that say that something is collected, and nothing of where.
_GENERIC = frozenset(
    [
        "pick",
        "picks",
        "up",
        "pickup",
        "pickups",
        "pickable",
        "collect",
        "collection",
        "collected",
        "collecting",
        "click",
        "and",
        "n",
        "in",
        "at",
        "from",
        "the",
        "a",
        "an",
        "our",
        "my",
        "your",
        "us",
        "local",
        "store",
        "stores",
        "shop",
        "shops",
        "instore",
        "outlet",
        "free",
        "customer",
        "self",
        "service",
        "point",
        "location",
        "branch",
        "counter",
        "hand",
        "over",
        "in-store",
        "person",
        "order",
        "orders",
        "delivery",
        "shipping",
        "method",
        "method's",
        "ready",
        "today",
        "abholung",
        "abholen",
        "selbstabholung",
        "selbst",
        "filiale",
        "laden",
        "im",
        "in",
        "der",
        "am",
        "retrait",
        "magasin",
        "en",
        "au",
        "du",
        "boutique",
        "point",
        "relais",
        "recogida",
        "recoger",
        "tienda",
        "en",
        "la",
        "ritiro",
        "negozio",
        "in",
        "afhalen",
        "winkel",
        "bij",
        "de",
        "het",
        "odbior",
        "osobisty",
        "sklep",
        "hamta",
        "butik",
        "i",
        "bopis",
        "curbside",
        "kerbside",
        "reserve",
    ]
)
# What stands before a place's name and makes another place of it.
_OTHER_PLACE = frozenset({"new", "nova", "nouvelle", "nueva", "neu", "neue"})


@dataclass(frozen=True, slots=True)
class Store:
    code: str
    name: str
    city: str


@dataclass(frozen=True, slots=True)
class RequestedStore:
    """``code``: the store; empty where none was named or none can be found. ``unclear``: one was named all the same."""

    code: str
    unclear: bool = False


def store_meant(
    said: str, stores: Collection[Store], *, own_words: Mapping[str, str], shop: str = ""
) -> RequestedStore:
    """``own_words``: the channel's names of stores, to our codes; they go first. ``shop``: the channel's own name, which names
    no store."""
    words = _words(said)
    codes = {store.code for store in stores}
    for name, code in own_words.items():
        if code in codes and _words(name) and _stands_in(_words(name), words):
            return RequestedStore(code)
    best: dict[str, int] = {}
    for store in stores:
        length = max((len(one) for one in _names_of(store) if _stands_in(one, words)), default=0)
        if length:
            best[store.code] = length
    longest = [code for code, length in best.items() if length == max(best.values())]
    if len(longest) == 1:
        return RequestedStore(longest[0])
    rest = [word for word in words if word not in _GENERIC and word not in _words(shop) and not word.isdigit()]
    return RequestedStore("", unclear=bool(longest or rest))


def _names_of(store: Store) -> list[tuple[str, ...]]:
    """Its code, its name, its name without words such as "store", and its town."""
    name, code = _words(store.name), _words(store.code)
    bare = tuple(word for word in name if word not in _GENERIC)
    return [one for one in (code, name, bare, _words(store.city)) if any(word not in _GENERIC for word in one)]


def _stands_in(name: tuple[str, ...], words: tuple[str, ...]) -> bool:
    for at in range(len(words) - len(name) + 1):
        if words[at : at + len(name)] == name and not (at and words[at - 1] in _OTHER_PLACE):
            return True
    return False


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return tuple(re.findall(r"[^\W_]+", "".join(mark for mark in plain if not unicodedata.combining(mark))))
