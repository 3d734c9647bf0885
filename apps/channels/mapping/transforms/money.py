"""Money: whatever a message writes, to integer minor units of the order's currency.

Rounding happens only where the source has more digits than the currency, half to even, and always with a warning.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Literal

from apps.channels.mapping.conditions import Condition, all_hold
from apps.channels.mapping.numbers import EXACT, decimal_or_none, rounded
from apps.channels.mapping.paths import Path, PathField
from apps.channels.mapping.scope import Blocked, CannotConvert, Scope, is_empty
from apps.channels.mapping.transforms.registry import transform
from apps.core.money import exponent
from apps.core.text import Text

_ZERO = Decimal(0)
_PLAIN = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,4}))?\Z")
Only = Literal["any", "positive", "negative"]
# One source, or several of which the first that says anything counts.
Term = PathField | tuple[PathField, ...]


@transform()
def money(value: Any, scope: Scope) -> int:
    """An amount in major units ("99.00", 99, 16.658333) to minor units by the currency's ISO exponent."""
    plain = _PLAIN.match(value) if isinstance(value, str) else None
    if plain is not None:
        # Nearly every amount is written like this, and needs no arithmetic: the digits are the minor units.
        digits = exponent(scope.need_currency())
        whole, part = plain[1], plain[2] or ""
        if len(part) <= digits:
            return int(whole + part.ljust(digits, "0"))
    return to_minor(amount_of(value), scope)


@transform()
def minor_units(value: Any, scope: Scope) -> int:
    """An amount that is in minor units already."""
    number = amount_of(value)
    if number != number.to_integral_value(context=EXACT):
        scope.warn(Text("minor units with a fraction; rounded"))
    return rounded(number)


@transform(reduces=True, accepts_empty=True)
def sum_of(
    value: Any,
    scope: Scope,
    *,
    add: tuple[Term, ...],
    subtract: tuple[Term, ...] = (),
    only: Only = "any",
    floor_at_zero: bool = False,
    from_nothing: bool = False,
) -> Decimal | None:
    """Add up amounts found at paths and take others off, exactly; follow with ``money``. Nothing found to add stays
    nothing, or ``from_nothing`` counts as zero."""
    del value
    plus = [amount for term in add for amount in _amounts(term, scope)]
    minus = [amount for term in subtract for amount in _amounts(term, scope)]
    if not plus and not (from_nothing and minus):
        return None
    total = EXACT.subtract(_total(_wanted(plus, only)), _total(minus))
    return max(total, _ZERO) if floor_at_zero else total


@transform(reduces=True)
def sum_of_products(
    value: Any,
    scope: Scope,
    *,
    factors: tuple[PathField, ...],
    less: tuple[Term, ...] = (),
    when: tuple[Condition, ...] = (),
    only: Only = "any",
) -> Decimal | None:
    """Over the rows for which the conditions hold, add up the factors' product less amounts; follow with ``money``."""
    rows = value if isinstance(value, list) else [value]
    products: list[Decimal] = []
    whole = scope.record
    try:
        for row in rows:
            scope.record = row
            if all_hold(when, scope):
                off = _total([amount for term in less for amount in _amounts(term, scope)])
                products.append(EXACT.subtract(_product(factors, scope), off))
    finally:
        # An amount that can't be read is this rule's trouble; the next rules read the message, not this row.
        scope.record = whole
    return _total(_wanted(products, only)) if products else None


@transform()
def unit_price(
    value: Any, scope: Scope, *, quantity: PathField, net: PathField | None = None, off: tuple[PathField, ...] = ()
) -> int:
    """The price of one unit from a line's total, rounded up so that units less discount give the line exactly.

    ``net`` is the line's total after discounts, or ``off`` the discounts themselves. Pair it with ``line_discount``.
    """
    unit, remainder = _split(value, scope, quantity, net, off)
    if remainder:
        scope.warn(
            Text(
                "the line's total does not divide by its quantity; {rest} minor units went to the discount",
                rest=remainder,
            )
        )
    return unit


@transform()
def line_discount(
    value: Any, scope: Scope, *, quantity: PathField, net: PathField | None = None, off: tuple[PathField, ...] = ()
) -> int:
    """The discount that belongs to ``unit_price`` with the same arguments: units less discount give the line exactly."""
    unit, _ = _split(value, scope, quantity, net, off)
    return unit * _count(scope, quantity) - _net(value, scope, net, off)


@transform(accepts_empty=True)
def prorate(value: Any, scope: Scope, *, whole: PathField, part: PathField | None = None) -> Any:
    """A line's amount for the units that are left of it, half to even; untouched where all are left. ``part``: how many
    the source says are left; without it, as many as were read."""
    stated = decimal_or_none(scope.look(part)) if part is not None else None
    left = decimal_or_none(scope.line.get("quantity")) if stated is None else stated
    ordered = decimal_or_none(scope.look(whole))
    if is_empty(value) or left is None or ordered is None or ordered <= 0 or left < 0 or left >= ordered:
        return value
    if scope.as_placed:
        return value
    scope.warn(Text("for {left} of {ordered} units: the rest was taken off at the source", left=left, ordered=ordered))
    return rounded(EXACT.divide(EXACT.multiply(Decimal(value), left), ordered))


def to_minor(number: Decimal, scope: Scope) -> int:
    """Major to minor units of the order's currency."""
    currency = scope.need_currency()
    scaled = number.scaleb(exponent(currency), context=EXACT)
    minor = rounded(scaled)
    if scaled != minor:
        scope.warn(
            Text(
                "the amount has more digits than {currency}; rounded to {minor} minor units",
                currency=currency,
                minor=minor,
            )
        )
    return minor


def amount_of(value: Any) -> Decimal:
    """The exact amount a value states; raises CannotConvert."""
    number = decimal_or_none(value)
    if number is None:
        raise CannotConvert(
            Text("is not an amount"), Text("Amounts are digits with a point, such as 12.50; correct the source.")
        )
    return number


def _amounts(term: Path | tuple[Path, ...], scope: Scope) -> list[Decimal]:
    for path in (term,) if isinstance(term, Path) else term:
        found = scope.look(path)
        values = found if path.many and isinstance(found, list) else [found]
        numbers = [_amount_at(path, item) for item in values if not is_empty(item)]
        if numbers:
            return numbers
    return []


def _amount_at(path: Path, value: Any) -> Decimal:
    number = decimal_or_none(value)
    if number is None:
        raise CannotConvert(
            Text.joined(" ", (path.text, Text("is not an amount"))),
            Text("Amounts are digits with a point, such as 12.50."),
        )
    return number


def _wanted(numbers: list[Decimal], only: Only) -> list[Decimal]:
    if only == "any":
        return numbers
    return [number for number in numbers if (number > 0 if only == "positive" else number < 0)]


def _total(numbers: list[Decimal]) -> Decimal:
    total = _ZERO
    for number in numbers:
        total = EXACT.add(total, number)
    return total


def _product(factors: tuple[Path, ...], scope: Scope) -> Decimal:
    product = Decimal(1)
    for path in factors:
        product = EXACT.multiply(product, _amount_at(path, scope.look(path)))
    return product


def _split(value: Any, scope: Scope, quantity: Path, net: Path | None, off: tuple[Path, ...]) -> tuple[int, int]:
    """The unit price, and by how many minor units all units together overshoot the line's total before discount."""
    count = _count(scope, quantity)
    # A price raised manually makes the net exceed the gross; the larger one is what a unit costs.
    gross = max(to_minor(amount_of(value), scope), _net(value, scope, net, off))
    unit = -(-gross // count)
    return unit, unit * count - gross


def _net(value: Any, scope: Scope, net: Path | None, off: tuple[Path, ...]) -> int:
    stated = scope.look(net) if net is not None else None
    if net is not None and not is_empty(stated):
        return to_minor(_amount_at(net, stated), scope)
    return to_minor(amount_of(value), scope) - sum(
        to_minor(amount, scope) for path in off for amount in _amounts(path, scope)
    )


def _count(scope: Scope, quantity: Path) -> int:
    number = decimal_or_none(scope.look(quantity))
    if number is None or number < 1 or number != number.to_integral_value(context=EXACT):
        # The quantity's own rule reports this.
        raise Blocked
    return int(number)
