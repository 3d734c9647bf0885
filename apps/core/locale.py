"""How dates, numbers and amounts are written: as the person chose, else as their language has it, else in plain English."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import NumberPattern, format_decimal, parse_pattern

from apps.core.language import ENGLISH, language
from apps.core.money import exponent, show

_chosen: ContextVar[str] = ContextVar("own_locale", default="")
# What a page may ask of a moment, as Unicode (UTS 35) names the same parts. A locale puts them in its own order.
_SKELETONS = {"%H:%M": "Hm", "%H:%M:%S": "Hms", "%-d %b": "MMMd", "%-d %b %Y": "yMMMd", "%-d %B %Y": "yMMMMd"}
_DAY_AND_TIME = {"%-d %b %H:%M": ("%-d %b", "%H:%M"), "%-d %b, %H:%M": ("%-d %b", "%H:%M")}
_DAY_AND_TIME |= {"%-d %b %Y, %H:%M": ("%-d %b %Y", "%H:%M"), "%-d %b %Y, %H:%M:%S": ("%-d %b %Y", "%H:%M:%S")}


@contextmanager
def written_as(chosen: str) -> Iterator[None]:
    """For what is drawn inside. ``chosen``: a code of ``accounts.LOCALES``; empty: as the language has it."""
    before = _chosen.set(chosen)
    try:
        yield
    finally:
        _chosen.reset(before)


def own_locale() -> str:
    """A code such as ``de-DE``; empty: nobody has chosen, and the language is English."""
    return _chosen.get() or ("" if language() == ENGLISH else language())


def _locale() -> Locale | None:
    code = own_locale()
    return _parsed(code) if code else None


@lru_cache(maxsize=32)
def _parsed(code: str) -> Locale | None:
    try:
        return Locale.parse(code, sep="-")
    except (ValueError, UnknownLocaleError):
        return None


def number(value: int) -> str:
    """``10,000``."""
    locale = _locale()
    return format_decimal(value, locale=locale) if locale else f"{value:,}"


def percent(value: float, digits: int = 0) -> str:
    """``12.5 %``; ``value`` is in per cent already."""
    locale = _locale()
    text = f"{value:.{digits}f}"
    return f"{format_decimal(Decimal(text), locale=locale, decimal_quantization=False) if locale else text} %"


def money(minor: int, currency: str) -> str:
    """``£1,234.50``; with as many digits as the currency has (ISO 4217), whatever the locale thinks."""
    locale = _locale()
    if locale is None or not currency:
        return show(minor, currency)
    digits = exponent(currency)
    pattern = _money_pattern(locale, digits)
    return str(pattern.apply(Decimal(minor).scaleb(-digits), locale, currency=currency, currency_digits=False))


@lru_cache(maxsize=64)
def _money_pattern(locale: Locale, digits: int) -> NumberPattern:
    pattern = parse_pattern(locale.currency_formats["standard"].pattern)
    pattern.frac_prec = (digits, digits)
    return pattern


def absolute(moment: datetime) -> str:
    """``21 Nov 2026, 13:45:02 UTC``, in the moment's own time zone."""
    locale = _locale()
    if locale is None:
        return moment.strftime("%-d %b %Y, %H:%M:%S %Z")
    return f"{format_datetime(moment, 'medium', tzinfo=moment.tzinfo, locale=locale)} {moment.tzname() or ''}".rstrip()


def day(moment: datetime) -> str:
    """``21 Nov 2026``."""
    return written(moment, "%-d %b %Y")


def written(moment: datetime, pattern: str) -> str:
    """The parts of the moment that ``pattern`` (as ``strftime`` has it) asks for."""
    locale = _locale()
    if locale is None:
        return moment.strftime(pattern)
    if pattern in _DAY_AND_TIME:
        return ", ".join(written(moment, part) for part in _DAY_AND_TIME[pattern])
    if pattern in _SKELETONS:
        return format_skeleton(_SKELETONS[pattern], moment, tzinfo=moment.tzinfo, locale=locale)
    if pattern == "%A, %-d %B %Y":
        return format_date(moment, "full", locale=locale)
    return moment.strftime(pattern)
