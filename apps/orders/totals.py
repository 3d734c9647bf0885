"""Recomputing what a customer owes from the lines. Pure; integer minor units throughout."""

from __future__ import annotations

from collections.abc import Sequence

from apps.core.money import exponent
from apps.orders.canonical import Line, Totals

# Rounding per unit may add up over many units, but never to more than this part of the total.
_UNITS_SHARE = 200
# To what shops round there, in minor units, where it is more than one: crowns without their hundredths, coins of five.
_COINS = {
    "CHF": 5,
    **dict.fromkeys(("CZK", "DKK", "HUF", "IDR", "INR", "NOK", "PHP", "RSD", "RUB", "SEK", "THB", "TWD", "UAH"), 100),
}


def recomputed_total(lines: Sequence[Line], totals: Totals) -> int:
    """Lines less discounts, plus shipping and fees, plus tax unless prices include it; never below nothing.

    Sources round tax by line, by rate or once for the order. Where the order's own tax is said, and the claimed total is
    nearer to the sum with it than to the sum with that of the lines, or no total is claimed, it is believed.
    """
    net = sum(line.quantity * line.unit_price - line.discount for line in lines)
    net += totals.shipping + totals.fees - totals.discount
    if totals.prices_include_tax:
        return max(net, 0)
    by_line = net + sum(line.tax for line in lines) + totals.shipping_tax
    if totals.tax is None:
        return max(by_line, 0)
    by_order = net + totals.tax
    if totals.total is None or abs(by_order - totals.total) <= abs(by_line - totals.total):
        return max(by_order, 0)
    return max(by_line, 0)


def rounding_allowed(amounts: Sequence[tuple[int, int]], total: int, claimed: int, currency: str) -> int:
    """How far, in minor units, an honest total may be off by rounding. ``amounts``: quantity and amount of each line.

    Half a step for each line, for shipping and for the total; or, where units were rounded, for each unit, within a small
    part of the total. A step is a minor unit. Where a currency has more than two decimals, shops round to two; where
    people pay in whole units or coins of five, and the amounts are such, they round to those.
    """
    step = int(10 ** max(exponent(currency) - 2, 0))
    coin = _COINS.get(currency, step)
    whole = all(amount % coin == 0 for _, amount in amounts)
    each = max(coin, step) if whole and claimed % coin == 0 else step
    last = coin if claimed % coin == 0 else step
    by_line = ((len(amounts) + 1) * each + last) // 2
    by_unit = min(sum(quantity for quantity, _ in amounts) * step // 2, total // _UNITS_SHARE)
    return max(by_line, by_unit)


def claim_differs(recomputed: int, claimed: int | None, *, refunded: int, tolerance: int) -> bool:
    """Whether the claimed total is further than ``tolerance`` minor units from ours; no claim, no difference.

    What was given back without taking goods off may be missing from it, in part or whole.
    """
    return claimed is not None and not recomputed - refunded - tolerance <= claimed <= recomputed + tolerance
