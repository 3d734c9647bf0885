"""What an order comes to, and how far an honest claim may be off."""

from __future__ import annotations

import pytest

from apps.orders.canonical import Line, Totals
from apps.orders.totals import claim_differs, recomputed_total, rounding_allowed


def lines(*taxes: int, price: int = 202) -> list[Line]:
    return [Line(line_id=str(n), sku="A", quantity=1, unit_price=price, tax=tax) for n, tax in enumerate(taxes)]


def test_the_orders_own_tax_is_believed_where_the_claimed_total_was_made_with_it():
    assert recomputed_total(lines(*[40] * 12), Totals(tax=485, total=2909)) == 2909


def test_the_taxes_of_the_lines_count_where_the_claimed_total_was_made_with_them():
    assert recomputed_total(lines(40, 40), Totals(tax=85, total=484)) == 484


def test_an_order_tax_counts_where_the_lines_name_none():
    assert recomputed_total(lines(0, 0), Totals(tax=80, total=484)) == 484
    assert recomputed_total(lines(0, 0), Totals(tax=80)) == 484


def test_an_order_tax_adds_nothing_where_prices_include_it():
    assert recomputed_total(lines(0, 0), Totals(tax=80, total=404, prices_include_tax=True)) == 404


@pytest.mark.parametrize(
    ("quantities", "total", "currency", "allowed"),
    [
        ([1], 1_001, "GBP", 1),
        ([1] * 12, 2_909, "GBP", 7),
        ([1] * 8, 1_364, "JPY", 5),
        ([1] * 4, 12_345, "KWD", 30),
        # Units that were rounded each, within half a percent.
        ([1_000], 33_333, "GBP", 166),
        ([1_000], 3_333_333, "GBP", 500),
        # Whole crowns, and coins of five: where the total is such.
        ([1], 67_800, "NOK", 51),
        ([1], 67_801, "NOK", 1),
        ([1], 2_005, "CHF", 3),
    ],
)
def test_the_tolerance_grows_with_what_was_rounded(quantities, total, currency, allowed):
    amounts = [(quantity, 777) for quantity in quantities]
    assert rounding_allowed(amounts, total, total, currency) == allowed


def test_where_every_amount_is_whole_each_line_was_rounded_to_it():
    assert rounding_allowed([(1, 52_800), (1, 10_000)], 67_700, 67_800, "NOK") == 200
    assert rounding_allowed([(1, 52_800), (1, 10_001)], 67_700, 67_800, "NOK") == 51


def test_a_refund_that_took_no_goods_off_is_no_difference_whether_the_total_lacks_it_or_not():
    for claimed in (2_595, 2_200, 2_400):
        assert not claim_differs(2_595, claimed, refunded=395, tolerance=2)
    assert claim_differs(2_595, 2_190, refunded=395, tolerance=2)
    assert claim_differs(2_595, 2_600, refunded=395, tolerance=2)


def test_the_tax_on_shipping_counts_when_prices_exclude_tax():
    assert recomputed_total(lines(40), Totals(shipping=500, shipping_tax=100)) == 202 + 40 + 500 + 100
    assert recomputed_total(lines(40), Totals(shipping=500, shipping_tax=100, prices_include_tax=True)) == 202 + 500
