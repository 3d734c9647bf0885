"""Text as people search for it: lower case, without accents, in words; the same here and in PostgreSQL.

Words of three letters and more are found anywhere in a text by trigrams (the ``pg_trgm`` extension).
"""

from __future__ import annotations

import unicodedata

from django.db import models
from django.db.models import Func

MOST_WORDS = 6
# What PostgreSQL replaces, letter by letter; ``fold`` does the same to what is typed. Both halves of Zola-Smith are words.
ACCENTED = "-'’áàâäãåāéèêëēíìîïīóòôöõøōúùûüūýÿñńçćčßšśžźżłđ"
PLAIN = "   aaaaaaaeeeeeiiiiiooooooouuuuuyynncccssszzzld"
_FOLD = str.maketrans(ACCENTED, PLAIN)
# What numbers of orders and phones are written with, or without.
_PUNCTUATION = " #-_./:()+–"


class SearchText(Func):
    """The expressions as one line of words, each after a space: `` anna muller anna@shop.example``."""

    _accented = ACCENTED.replace("'", "''")
    template = f"translate(lower(' ' || %(expressions)s), '{_accented}', '{PLAIN}')"
    arg_joiner = " || ' ' || "
    output_field = models.TextField()


class Compact(Func):
    """An expression without spaces and punctuation, as postal codes, phones and order numbers are compared."""

    template = f"translate(%(expressions)s, '{_PUNCTUATION}', '')"
    output_field = models.TextField()


def fold(text: str) -> str:
    """``text`` as ``SearchText`` keeps it."""
    return unicodedata.normalize("NFC", text).lower().translate(_FOLD)


def compact(text: str) -> str:
    """``text`` as ``Compact`` keeps it."""
    return text.translate(str.maketrans("", "", _PUNCTUATION))


def words_of(text: str) -> list[str]:
    """What to look for: the folded words; a number with spaces in it, such as a phone's, is one word."""
    digits = compact(text)
    if digits.isdigit() and len(digits) > 4:
        # +44 7700 and 07700 are one number; who types it leaves one of both out.
        return [digits.removeprefix("00").lstrip("0")]
    return fold(text).split()[:MOST_WORDS]


def misspellings(word: str) -> list[str]:
    """Patterns for words that begin like ``word`` with one letter wrong, missing, added or swapped with its neighbor.

    The first letter is taken for right: people get it right, and without it too much would fit. Shorter words than four
    letters have no patterns.
    """
    if len(word) < 4 or not word.isalpha():
        return []
    found = set()
    for i in range(1, len(word)):
        before, after = word[:i], word[i + 1 :]
        found |= {f"{before}_{after}", f"{before}{after}", f"{before}_{word[i:]}"}
        if after:
            found.add(f"{before}{after[0]}{word[i]}{after[1:]}")
    return sorted(f"% {pattern}%" for pattern in found)
