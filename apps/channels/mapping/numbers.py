"""Numbers as messages have them: text, integers, floats. Exact from here on, or refused."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

# Wide enough that no sum of plausible amounts is ever rounded on the way.
EXACT = Context(prec=60)
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?\Z")
_LARGEST = 10**18


def decimal_or_none(value: Any) -> Decimal | None:
    """The exact number a JSON value states, or ``None``. A float is taken by its shortest writing; true is no number."""
    if isinstance(value, str):
        text = value.strip()
        return Decimal(text) if _NUMBER.match(text) else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value) if abs(value) < _LARGEST else None
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) and abs(value) < _LARGEST else None
    if isinstance(value, Decimal):
        return value if value.is_finite() and abs(value) < _LARGEST else None
    return None


def rounded(number: Decimal) -> int:
    """To a whole number, half to even."""
    return int(number.to_integral_value(rounding=ROUND_HALF_EVEN, context=EXACT))
