"""Checks on a value that has been read: they say no, they change nothing."""

from __future__ import annotations

from typing import Any

from apps.channels.mapping.numbers import decimal_or_none
from apps.channels.mapping.patterns import SafePattern, matches
from apps.channels.mapping.scope import CannotConvert, Scope, code_text
from apps.channels.mapping.transforms.registry import check


@check
def pattern(value: Any, scope: Scope, *, regex: SafePattern, says: str = "") -> None:
    """The text holds this regular expression (write ^ and $ for the whole of it)."""
    del scope
    if not matches(regex, value):
        raise CannotConvert(says or f"does not look like {regex.pattern}", "Correct it at the source, then replay.")


@check
def one_of(value: Any, scope: Scope, *, values: tuple[str, ...]) -> None:
    """The value is one of these."""
    del scope
    if value not in values:
        raise CannotConvert(f"{code_text(value)} is not one of {', '.join(values)}", "Correct it, or widen the check.")


@check
def at_least(value: Any, scope: Scope, *, least: int) -> None:
    """The number is this or more."""
    del scope
    number = decimal_or_none(value)
    if number is None or number < least:
        raise CannotConvert(f"is less than {least}", "Correct it at the source, then replay.")


@check
def at_most(value: Any, scope: Scope, *, most: int) -> None:
    """The number is this or less."""
    del scope
    number = decimal_or_none(value)
    if number is None or number > most:
        raise CannotConvert(f"is more than {most}", "Correct it at the source, or raise the limit, then replay.")


@check
def at_most_long(value: Any, scope: Scope, *, characters: int) -> None:
    """The text has at most this many characters."""
    del scope
    if isinstance(value, str) and len(value) > characters:
        raise CannotConvert(f"is longer than {characters} characters", "Shorten it at the source, then replay.")
