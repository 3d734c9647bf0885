"""Checks on a value that has been read: they say no, they change nothing."""

from __future__ import annotations

from typing import Any

from apps.channels.mapping.numbers import decimal_or_none
from apps.channels.mapping.patterns import SafePattern, matches
from apps.channels.mapping.scope import CannotConvert, Scope, code_text
from apps.channels.mapping.transforms.registry import check
from apps.core.text import Text


@check
def pattern(value: Any, scope: Scope, *, regex: SafePattern, says: str = "") -> None:
    """The text holds this regular expression (write ^ and $ for the whole of it)."""
    del scope
    if not matches(regex, value):
        raise CannotConvert(
            Text.literal(says) if says else Text("does not look like {pattern}", pattern=regex.pattern),
            Text("Correct it at the source, then replay."),
        )


@check
def one_of(value: Any, scope: Scope, *, values: tuple[str, ...]) -> None:
    """The value is one of these."""
    del scope
    if value not in values:
        raise CannotConvert(
            Text("{value} is not one of {values}", value=code_text(value), values=", ".join(values)),
            Text("Correct it, or widen the check."),
        )


@check
def at_least(value: Any, scope: Scope, *, least: int) -> None:
    """The number is this or more."""
    del scope
    number = decimal_or_none(value)
    if number is None or number < least:
        raise CannotConvert(Text("is less than {least}", least=least), Text("Correct it at the source, then replay."))


@check
def at_most(value: Any, scope: Scope, *, most: int) -> None:
    """The number is this or less."""
    del scope
    number = decimal_or_none(value)
    if number is None or number > most:
        raise CannotConvert(
            Text("is more than {most}", most=most), Text("Correct it at the source, or raise the limit, then replay.")
        )


@check
def at_most_long(value: Any, scope: Scope, *, characters: int) -> None:
    """The text has at most this many characters."""
    del scope
    if isinstance(value, str) and len(value) > characters:
        raise CannotConvert(
            Text("is longer than {most} characters", most=characters), Text("Shorten it at the source, then replay.")
        )
