"""Reading what a shop's JSON says, whatever else a server may send. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

# Units of weight as vendors write them, without a plural.
_GRAMS = {
    "g": Decimal(1), "gram": Decimal(1), "kg": Decimal(1000), "kilogram": Decimal(1000), "tonne": Decimal(1_000_000),
    "oz": Decimal("28.349523125"), "ounce": Decimal("28.349523125"), "lb": Decimal("453.59237"), "pound": Decimal("453.59237"),
}  # fmt: skip


def moment(text: object) -> datetime | None:
    """A shop's time; naive ones are UTC."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; whatever else a server may send is passed over."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def dict_of(value: Any) -> Mapping[str, Any]:
    """An object; empty for whatever else a server may send."""
    return value if isinstance(value, dict) else {}


def decimal_of(value: Any) -> Decimal | None:
    """A number, written as one or as text."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def grams_of(amount: Any, unit: Any) -> int | None:
    """A weight; None where it is not known, or in a unit that is not."""
    number, grams = decimal_of(amount), _GRAMS.get(str(unit).casefold().removesuffix("s"))
    return None if number is None or grams is None else round(number * grams)
