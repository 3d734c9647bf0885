"""Money: integer minor units with an ISO 4217 code. Arithmetic stays in integers; this file is for edges."""

from __future__ import annotations

from decimal import Decimal

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


def exponent(currency: str) -> int:
    """Digits after the point: 2 for GBP, 0 for JPY, 3 for KWD (ISO 4217 table A.1)."""
    return _EXPONENTS.get(currency, 2)


def of_hundredths(hundredths: int, currency: str) -> int:
    """A limit as people type it (100.00), in minor units and rounded down: 100.00 is 100 yen or 100.000 dinar."""
    return int(hundredths * 10 ** exponent(currency) // 100)


def in_hundredths(minor: int, currency: str) -> int:
    """An amount as limits are written, rounded down: 100 yen and 100.009 dinar are 10000."""
    return int(minor * 100 // 10 ** exponent(currency))


def show(minor: int, currency: str) -> str:
    """``show(120, "GBP") == "£1.20"``."""
    digits = exponent(currency)
    amount = Decimal(abs(minor)).scaleb(-digits)
    sign = "-" if minor < 0 else ""
    symbol = _SYMBOLS.get(currency)
    text = f"{amount:,.{digits}f}"
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{text} {currency}"
