"""How dates, numbers and amounts are written (``apps/core/locale.py``), and the countries by name."""

from __future__ import annotations

from apps.accounts.plainfields import LISTS
from apps.core.locale import absolute, day, money, number, own_locale, percent, written, written_as

__all__ = ["absolute", "countries", "day", "money", "number", "own_locale", "percent", "written", "written_as"]


def countries() -> list[tuple[str, str]]:
    """(code, name) in the language of whoever looks."""
    return list(LISTS["countries"]())
