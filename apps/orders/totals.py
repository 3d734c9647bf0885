"""Recomputing what a customer owes from the lines. Pure; integer minor units throughout."""

from __future__ import annotations

from collections.abc import Sequence

from apps.orders.canonical import Line, Totals


def recomputed_total(lines: Sequence[Line], totals: Totals) -> int:
    """Lines less discounts, plus shipping and fees, plus tax unless prices include it; never below nothing."""
    goods = sum(line.quantity * line.unit_price - line.discount for line in lines)
    tax = 0 if totals.prices_include_tax else sum(line.tax for line in lines) + totals.shipping_tax
    return max(goods - totals.discount + totals.shipping + totals.fees + tax, 0)


def claim_differs(recomputed: int, claimed: int | None, *, tolerance: int) -> bool:
    """Whether the claimed total is further than ``tolerance`` minor units from ours; no claim, no difference."""
    return claimed is not None and abs(claimed - recomputed) > tolerance
