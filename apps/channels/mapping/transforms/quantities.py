"""Counts and weights."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from apps.channels.mapping.conditions import Condition, all_hold
from apps.channels.mapping.numbers import EXACT, decimal_or_none, rounded
from apps.channels.mapping.paths import PathField
from apps.channels.mapping.scope import CannotConvert, Scope, code_text, is_empty
from apps.channels.mapping.transforms.registry import transform
from apps.channels.mapping.transforms.text import identifier_text
from apps.core.text import Text

_GRAMS = {
    "g": Decimal(1),
    "kg": Decimal(1000),
    "oz": Decimal("28.349523125"),
    "lb": Decimal("453.59237"),
}
_UNIT_NAMES = {
    **dict.fromkeys(("g", "gr", "gram", "grams", "grm"), "g"),
    **dict.fromkeys(("kg", "kgs", "kgm", "kilogram", "kilograms"), "kg"),
    **dict.fromkeys(("oz", "ounce", "ounces", "onz"), "oz"),
    **dict.fromkeys(("lb", "lbs", "lbr", "pound", "pounds"), "lb"),
}


@transform()
def whole_number(value: Any, scope: Scope) -> int:
    """A count. "3" and 3.0 are three; 1.5 is refused."""
    del scope
    return count_of(value)


@transform()
def no_less_than(value: Any, scope: Scope, *, than: PathField) -> Any:
    """A count, or the one at this path where that is more: units that are refunded after they were shipped stay promised."""
    other, number = decimal_or_none(scope.look(than)), decimal_or_none(value)
    return max(number, other) if number is not None and other is not None else value


@transform()
def absolute(value: Any, scope: Scope, *, when: tuple[Condition, ...] = ()) -> Any:
    """Drop a minus sign, if all conditions hold (cancellation documents count backwards)."""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool) and value < 0 and all_hold(when, scope):
        return -value
    return value


@transform(accepts_empty=True)
def line_number(value: Any, scope: Scope) -> str:
    """The line's own id, or, where it has none, its place in the message: 1, 2, 3."""
    return str(scope.position) if is_empty(value) else identifier_text(value)


@transform()
def to_grams(value: Any, scope: Scope, *, unit: str = "", unit_from: PathField | None = None) -> int:
    """A weight in g, kg, oz or lb to whole grams, half to even. The unit is fixed, or read at ``unit_from``."""
    named = scope.look(unit_from) if unit_from is not None else unit
    key = _UNIT_NAMES.get(named.strip().casefold()) if isinstance(named, str) else None
    if key is None:
        raise CannotConvert(Text("the unit {unit} is not known", unit=code_text(named)), Text("Use g, kg, oz or lb."))
    number = decimal_or_none(value)
    if number is None or number < 0:
        raise CannotConvert(Text("is not a weight"), Text("Correct the weight at the source, then replay the message."))
    return rounded(EXACT.multiply(number, _GRAMS[key]))


def count_of(value: Any) -> int:
    """The whole number a value states; raises CannotConvert."""
    number = decimal_or_none(value)
    if number is None or number != number.to_integral_value(context=EXACT):
        raise CannotConvert(
            Text("is not a whole number"), Text("Correct the count at the source, then replay the message.")
        )
    return int(number)
