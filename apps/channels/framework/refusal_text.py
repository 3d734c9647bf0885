"""What a shop says of a refusal, as it may stand in cases and logs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 240
HIDDEN = "•"
# Addresses of people and what is written like a telephone number; ids are in one piece and do not begin with 0.
_EMAIL = re.compile(r"[^\s<>\"'(),;:]+@[\w.-]*\w")
_PHONE = re.compile(r"\+\d[\d ()/.-]{5,}\d|\b0\d{8,}\b|\b\d{2,5}(?:[ ()/-]+\d{2,6}){2,}\b")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|(?<!\w)'[^']{4,}'(?!\w)")


def shop_words(sentences: Iterable[str]) -> str:
    """The shop's sentences as one text: what a refusal quotes, addresses of people and their numbers are hidden, and it ends
    with a full stop."""
    said = " ".join(" ".join(one.split()).rstrip(".") + "." for one in sentences if one.strip())
    for pattern in (_EMAIL, _QUOTED, _PHONE):
        said = pattern.sub(HIDDEN, said)
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"
