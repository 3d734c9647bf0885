"""One word for a thing, on screens and in the guides for those who use them; docs/glossary.md says which."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

from apps.console.translating.collecting import messages
from tests.architecture.source import PROJECT, name_of

GLOSSARY = PROJECT / "docs/glossary.md"
# The word that people read → those that were used, or easily are, for the same thing.
FAMILIES = {
    "location": r"nodes?|places?|sites?|depots?",
    "parcel": r"packages?|consignments?",
    "shop": r"storefronts?|web ?shops?|e-?shops?|merchants?",
    "till": r"POS|points? of sale|cash registers?",
    "customer": r"buyers?|shoppers?",
    "hold": r"blocks?|blocked|suspended|frozen",
    "case": r"incidents?|tickets?",
    "job": r"parked|dead letters?|tasks?",
    "webhook endpoint": r"(?:webhook )?subscribers?",
    "fulfillment order": r"work orders?|pick(?:ing)? (?:lists?|tickets?|orders?)",
    "substitute": r"replacement (?:SKU|goods|article)s?",
}
# Words of the family that mean something else here.
MEANT = re.compile(
    r"in place of|is in place|in the same place|place in the row|to the place at all|decimal places"
    r"|place (?:an|a test|it|them) |place (?:an|a test) order|the one place where|(?:takes?|found|take) (?:its|the|\w+'s) place"
    r"|more places than|periodic tasks|who blocks whom|no two places|stock and place|\bPlaces\b",
    re.IGNORECASE,
)
# Placeholders, columns of files, addresses, code and tags; a vendor's own word for a thing of its own, with a capital.
AS_WRITTEN = re.compile(
    r"\{[^{}]*\}|%\(\w+\)s|<[^>]*>|https?://\S+|/api/\S+|`[^`]*`|```.*?```|\]\([^)]*\)|like node(?: and to)?|Merchant [Tt]oken"
    r"|kind=\S+",
    re.DOTALL,
)
# The field and criterion names of a policy, spelled as they stand in it; "place" is a postal prefix with its coordinates.
NAMES = {"node priority", "node order", "node budget", "node override", "place", "places"}
# Contracts that are shipped are never edited: the mapping of Amazon's orders speaks of its buyers.
SHIPPED = {"the buyer asks for it to be cancelled: cancel it, or release it if it is to be shipped all the same"}
GUIDES = sorted(
    page
    for page in [*(PROJECT / "docs/how-to").glob("*.md"), *(PROJECT / "docs/runbooks").glob("*.md")]
    # Written for those who write code against the API, where a location is a node.
    if page.stem
    not in {
        "add-a-channel",
        "add-a-partner",
        "connect-warehouse-software",
        "run-on-real-servers",
        "translate",
        "release",
    }
    and page.stem not in {"database-lost"}
)


def _others(word: str, text: str) -> list[str]:
    found = re.findall(rf"\b(?:{FAMILIES[word]})\b", MEANT.sub("", AS_WRITTEN.sub("", text)), re.IGNORECASE)
    return [one for one in found if one]


@lru_cache(maxsize=1)
def _texts() -> frozenset[str]:
    # Collecting them takes two seconds.
    return frozenset(text for one in messages() for text in (one if isinstance(one, tuple) else (one,)))


@pytest.mark.parametrize("word", FAMILIES)
def test_screens_have_one_word_for_a_thing(word: str) -> None:
    assert {text: found for text in _texts() - NAMES - SHIPPED if (found := _others(word, text))} == {}


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_a_guide_has_the_words_of_the_screens(page: Path) -> None:
    text = page.read_text()

    assert {word: found for word in FAMILIES if (found := _others(word, text))} == {}


def test_the_glossary_has_each_word_of_a_family() -> None:
    text = GLOSSARY.read_text().lower()

    assert [word for word in FAMILIES if word not in text] == []


def test_the_glossary_gives_a_term_one_meaning() -> None:
    terms = Counter(term.lower() for term in re.findall(r"\*\*([^*]+)\*\*", GLOSSARY.read_text()))

    assert [term for term, count in terms.items() if count > 1] == []
