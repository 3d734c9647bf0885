"""What a shop says of a refusal, as it may stand in cases and logs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

LONGEST = 240
HIDDEN = "•"
# Addresses of people and what is written like a telephone number; ids are in one piece and do not begin with 0.
_EMAIL = re.compile(r"[^\s<>\"'(),;:]+@[\w.-]*\w")
_PHONE = re.compile(r"\+\d[\d ()/.-]{5,}\d|\b0\d{8,}\b|\b\d{2,5}(?:[ ()/-]+\d{2,6}){2,}\b")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|(?<!\w)'[^']{4,}'(?!\w)")


# Where vendors write what is wrong, the longest first.
_SENTENCES = ("longMessage", "error_description", "message", "detail", "title", "error")
_CODES = ("code", "errorId")


def said_in(answer: Any) -> list[str]:
    """The sentences of a parsed refusal, wherever of the usual places it has them; its code where it has no sentence."""
    if isinstance(answer, list):
        return [sentence for one in answer for sentence in said_in(one)]
    if not isinstance(answer, dict):
        return [str(answer)] if isinstance(answer, str) else []
    own = [text for name in _SENTENCES if isinstance(text := answer.get(name), str) and text.strip()][:1]
    inner = answer.get("errors")
    if isinstance(inner, dict):
        own += [f"{name}: {why}" for name, why in inner.items()]
    found = own + (said_in(inner) if isinstance(inner, list | str) else [])
    return found or [str(answer[name]) for name in _CODES if answer.get(name)][:1]


def shop_words(sentences: Iterable[str]) -> str:
    """The shop's sentences as one text: what a refusal quotes, addresses of people and their numbers are hidden, and it ends
    with a full stop."""
    said = " ".join(" ".join(one.split()).rstrip(".") + "." for one in sentences if one.strip())
    for pattern in (_EMAIL, _QUOTED, _PHONE):
        said = pattern.sub(HIDDEN, said)
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"
