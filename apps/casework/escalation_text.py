"""An escalation policy as people write it: one level a line, ``60 owner lead mail dana``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

OWNER, MAIL = "owner", "mail"


def levels_in(text: str, *, roles: Collection[str], refs: Mapping[str, str]) -> list[dict[str, Any]]:
    """The levels that the lines say. ``refs``: public ids by username. Raises ValueError with a sentence."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    return [_level(number, words, roles, refs) for number, words in enumerate(lines, 1)]


def _level(number: int, words: Sequence[str], roles: Collection[str], refs: Mapping[str, str]) -> dict[str, Any]:
    minutes, recipients = words[0], [word.strip(",").lstrip("@") for word in words[1:]]
    if not (minutes.isascii() and minutes.isdigit() and 0 < int(minutes) < 1_000_000):
        raise ValueError(f"Line {number} must begin with whole minutes, such as 60.")
    unknown = [word for word in recipients if word not in {OWNER, MAIL, *roles} and word.lower() not in refs]
    if unknown:
        raise ValueError(
            f"Line {number}: {', '.join(unknown)} is neither owner, mail, a role nor somebody’s user name."
        )
    return {
        "after_minutes": int(minutes),
        "roles": [word for word in dict.fromkeys(recipients) if word in roles],
        "users": [refs[word.lower()] for word in dict.fromkeys(recipients) if word not in {OWNER, MAIL, *roles}],
        "owner": OWNER in recipients,
        "mail": MAIL in recipients,
    }


def text_of(levels: Sequence[Mapping[str, Any]], *, names: Mapping[str, str]) -> str:
    """The lines that say these levels. ``names``: usernames by public id; who is gone is left out."""
    return "\n".join(_line(level, names) for level in levels)


def _line(level: Mapping[str, Any], names: Mapping[str, str]) -> str:
    words = [str(level["after_minutes"])]
    words += [OWNER] if level.get("owner") else []
    words += [str(role) for role in level.get("roles", [])]
    words += [names[ref] for ref in level.get("users", []) if ref in names]
    words += [MAIL] if level.get("mail") else []
    return " ".join(words)
