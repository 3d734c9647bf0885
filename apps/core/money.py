"""Money: integer minor units with an ISO 4217 code. Arithmetic stays in integers; this file is for edges."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Self

import pycountry

# ISO 4217 also codes what nobody pays in: no currency, tests, metals, bond units, drawing rights, units of account.
_NO_MONEY = frozenset(
    ("BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW", "XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX")
)  # fmt: skip
CURRENCIES = frozenset(one.alpha_3 for one in pycountry.currencies) - _NO_MONEY
_EXPONENTS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥", "BRL": "R$", "INR": "₹", "HKD": "HK$"}
_AMOUNT = re.compile(
    rf"(?P<sign>-?)(?P<symbol>{'|'.join(map(re.escape, _SYMBOLS.values()))})?(?P<digits>\d[\d,]*(\.\d+)?)( (?P<code>[A-Z]{{3}}))?"
)


def exponent(currency: str) -> int:
    """Digits after the point: 2 for GBP, 0 for JPY, 3 for KWD (ISO 4217 table A.1)."""
    return _EXPONENTS.get(currency, 2)


def of_hundredths(hundredths: int, currency: str) -> int:
    """A limit as people type it (100.00), in minor units and rounded down: 100.00 is 100 yen or 100.000 dinar."""
    return int(hundredths * 10 ** exponent(currency) // 100)


def in_hundredths(minor: int, currency: str) -> int:
    """An amount as limits are written, rounded down: 100 yen and 100.009 dinar are 10000."""
    return int(minor * 100 // 10 ** exponent(currency))


class MoneyText(str):
    """What ``show`` answers: plain English that knows its amount, so that a page can write it as its reader does."""

    __slots__ = ("currency", "minor")
    minor: int
    currency: str

    def __new__(cls, minor: int, currency: str) -> Self:
        made = super().__new__(cls, _written(minor, currency))
        made.minor, made.currency = minor, currency
        return made

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """What leaves this process is the English alone."""
        return str, (str.__str__(self),)


def show(minor: int, currency: str) -> MoneyText:
    """``show(120, "GBP") == "£1.20"``."""
    return MoneyText(minor, currency)


def read_amount(text: str) -> MoneyText | None:
    """What ``show`` wrote; None: it is no amount, or one as nobody here writes it."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    symbol, code = found["symbol"], found["code"]
    currency = code or next((name for name, sign in _SYMBOLS.items() if sign == symbol), "")
    if not currency or bool(symbol) == bool(code):
        return None
    minor = Decimal(f"{found['sign']}{found['digits'].replace(',', '')}").scaleb(exponent(currency))
    amount = MoneyText(int(minor), currency)
    return amount if amount == text else None


def _written(minor: int, currency: str) -> str:
    digits = exponent(currency)
    amount = Decimal(abs(minor)).scaleb(-digits)
    sign = "-" if minor < 0 else ""
    symbol = _SYMBOLS.get(currency)
    text = f"{amount:,.{digits}f}"
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{text} {currency}"
