"""Public holidays of countries and their regions. Pure, no Django."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache

import holidays


class HolidaysUnknown(ValueError):
    """Nobody knows the holidays of the country or region; the message says which."""


def no_holidays(day: date) -> bool:
    return False


@cache
def public_holidays(country: str, subdivision: str = "") -> Callable[[date], bool]:
    """Whether a day is a public holiday there. Raises HolidaysUnknown for a country or subdivision that is not known."""
    if not country:
        return no_holidays
    try:
        holidays.country_holidays(country, subdiv=subdivision or None)
    except (NotImplementedError, AttributeError, KeyError):
        where = f"{country}-{subdivision}" if subdivision else country
        raise HolidaysUnknown(f"No public holidays are known for {where}.") from None

    @lru_cache(maxsize=64)
    def of_year(year: int) -> frozenset[date]:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))

    return lambda day: day in of_year(day.year)


def known_holidays(country: str, subdivision: str = "") -> Callable[[date], bool]:
    """A country or region nobody knows holidays of has none; the form that saves a calendar says so."""
    try:
        return public_holidays(country.upper(), subdivision.upper())
    except HolidaysUnknown:
        return no_holidays


@lru_cache(maxsize=512)
def closed_days(country: str, subdivision: str, single: frozenset[date]) -> Callable[[date], bool]:
    """Whether a day is a public holiday or one of the single days."""
    holiday = known_holidays(country, subdivision)
    return (lambda day: day in single or holiday(day)) if single else holiday
